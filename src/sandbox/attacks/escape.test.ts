import assert from "node:assert/strict";
import { test } from "node:test";
import { runNode, runShell, withDriver } from "./harness.ts";

test("code runs without capabilities, with no_new_privs and seccomp, as a user of its own", () =>
  withDriver(async (driver) => {
    const [first, second] = await Promise.all([
      runShell(driver, "cat /proc/self/status; id"),
      runShell(driver, "id -u"),
    ]);
    assert.match(first.stdout, /^CapEff:\s0+$/m);
    assert.match(first.stdout, /^CapBnd:\s0+$/m);
    assert.match(first.stdout, /^CapAmb:\s0+$/m);
    assert.match(first.stdout, /^NoNewPrivs:\s1$/m);
    assert.match(first.stdout, /^Seccomp:\s2$/m);
    assert.match(first.stdout, /uid=\d+\(sbx_user1051\)/);
    assert.notEqual(second.stdout.trim(), "0");
    assert.notEqual(/uid=(\d+)/.exec(first.stdout)?.[1], second.stdout.trim());
  }));

test("only descriptors 0 to 3 are open", () =>
  withDriver(async (driver) => {
    const outcome = await runShell(driver, "for fd in /proc/$$/fd/*; do readlink $fd; done | sed 's/:.*//'");
    assert.deepEqual(outcome.stdout.trim().split("\n"), ["/dev/null", "pipe", "pipe", "socket"]);
  }));

test("dangerous system calls are refused", () =>
  withDriver(async (driver) => {
    const script = `
      import ffi from "node:ffi";
      const i = "i64";
      const { functions: c } = ffi.dlopen(null, {
        syscall: { arguments: [i, i, i, i, i, i, i], return: i },
        __errno_location: { arguments: [], return: "pointer" },
      });
      const call = (number, ...args) => {
        const all = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt);
        return c.syscall(BigInt(number), ...all) < 0n ? ffi.getInt32(c.__errno_location()) : 0;
      };
      const path = Buffer.from("/tmp\\0"), at = ffi.getRawPointer(path);
      console.log(JSON.stringify({
        moveMount: call(429), openTree: call(428, -100, at, 1), mountSetattr: call(442), fsopen: call(430, at),
        ioUring: call(425, 1, at), pidfdGetfd: call(438), clone3: call(435),
        vsock: call(${process.arch === "x64" ? 41 : 198}, 40, 1, 0), algorithm: call(${process.arch === "x64" ? 41 : 198}, 38, 5, 0),
        packet: call(${process.arch === "x64" ? 41 : 198}, 17, 3, 0), pair: call(${process.arch === "x64" ? 53 : 199}, 40, 1, 0, at),
        unshareUser: call(${process.arch === "x64" ? 272 : 97}, 0x10000000), unshareNet: call(${process.arch === "x64" ? 272 : 97}, 0x40000000),
        bpf: call(${process.arch === "x64" ? 321 : 280}), keyctl: call(${process.arch === "x64" ? 250 : 219}),
        ptrace: call(${process.arch === "x64" ? 101 : 117}), perf: call(${process.arch === "x64" ? 298 : 241}),
        userfaultfd: call(${process.arch === "x64" ? 323 : 282}), reboot: call(${process.arch === "x64" ? 169 : 142}),
        cloneUser: call(${process.arch === "x64" ? 56 : 220}, 0x10000011),
      }));`;
    const outcome = await runNode(driver, script);
    const { clone3, vsock, algorithm, packet, pair, ...others } = JSON.parse(outcome.stdout);
    const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];
    assert.equal(clone3, ENOSYS);
    assert.deepEqual([vsock, algorithm, packet, pair], Array(4).fill(EAFNOSUPPORT));
    for (const [name, errno] of Object.entries(others)) assert.equal(errno, EPERM, name);
  }));

test("mount, unshare and set-user-id programs gain nothing", () =>
  withDriver(async (driver) => {
    const outcome = await runShell(
      driver,
      "mount -t tmpfs none /tmp; unshare -Ur true; unshare -m true; su -c id; echo end",
    );
    assert.equal(outcome.stdout, "end\n");
  }));

test("the root, the code folder and the interpreter cannot be written", () =>
  withDriver(async (driver) => {
    const places =
      "/ /usr/x /etc/x /etc/passwd /var/task/x /opt/x /var/lang/x /var/x /dev/x /proc/sys/kernel/core_pattern";
    const script = `for place in ${places} /proc/sysrq-trigger /proc/self/oom_score_adj; do (echo 0 > $place) 2>/dev/null && echo $place; done; :`;
    const written = (await runShell(driver, script)).stdout.trim();
    assert.equal(written, "/proc/self/oom_score_adj".slice(0, written.length));
  }));

test("nothing of the host is seen: processes, files, environment, names", () =>
  withDriver(async (driver) => {
    process.env["LAMBENT_TEST_SECRET"] = "do-not-leak";
    const script = `cat /etc/shadow /root/.bashrc /proc/1/environ; ls /proc | grep -c '^[0-9]'; hostname; ls /home /root /work /run /sys;
      cat /proc/kcore /proc/keys /proc/timer_list | wc -c; env`;
    const outcome = await runShell(driver, script);
    delete process.env["LAMBENT_TEST_SECRET"];
    assert.doesNotMatch(outcome.stdout, /do-not-leak|root:\$/);
    const [processes = "", hostname, ...rest] = outcome.stdout.replace(/^[^\n]*\0/, "").split("\n");
    assert.ok(Number(processes) <= 6, `${processes} processes`);
    assert.equal(hostname, "sandbox");
    assert.ok(rest.includes("0"), "masked files are empty");
  }));

test("no mount passes mounts on to the host", () =>
  withDriver(async (driver) => {
    const { stdout } = await runShell(driver, "cat /proc/self/mountinfo");
    assert.match(stdout, / \/tmp /);
    assert.doesNotMatch(stdout, / shared:/);
  }));

test("a device file made inside cannot be used and the devices are the six harmless ones", () =>
  withDriver(async (driver) => {
    const outcome = await runShell(
      driver,
      "mknod /tmp/disk b 254 0; mknod /tmp/pipe p && echo fifo; for f in /dev/*; do [ ! -L $f ] && [ -c $f -o -b $f ] && echo $f; done | tr '\\n' ' '",
    );
    assert.equal(outcome.stdout, "fifo\n/dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero ");
  }));

test("a process that signals itself ends as it would anywhere: it is not the first of its namespace", () =>
  withDriver(async (driver) => {
    const ends = await Promise.all(
      ["KILL", "ABRT", "SEGV", "TERM"].map(async (name) => {
        const outcome = await runShell(driver, `kill -${name} $$; sleep 1; echo survived`);
        return [outcome.signal, outcome.outOfMemory, outcome.stdout];
      }),
    );
    assert.deepEqual(
      ends,
      ["SIGKILL", "SIGABRT", "SIGSEGV", "SIGTERM"].map((signal) => [signal, false, ""]),
    );
  }));

test("the first process of the namespace, which is the host's, is neither seen nor reached", () =>
  withDriver(async (driver) => {
    const outcome = await runShell(driver, "ls -d /proc/1; cat /proc/1/mountinfo /proc/1/net/tcp; kill -9 1; echo $$");
    assert.match(outcome.stdout, /^\d+\n$/);
    assert.match(outcome.stderr, /Operation not permitted/);
  }));

test("orphans are collected and do not use up the limit of processes", () =>
  withDriver(async (driver) => {
    // In tens: on a busy machine more than the limit may otherwise live at once, which is no orphan's fault.
    const tens = "(true & ) ; i=$((i+1)); [ $((i % 10)) -ne 0 ] || sleep 0.1";
    const script = `i=0; while [ $i -lt 100 ]; do ${tens}; done; sleep 0.2; ls /proc | grep -c '^[0-9]'`;
    const outcome = await runShell(driver, script, { limits: { pids: 32 } });
    assert.equal(outcome.stderr, "");
    assert.ok(Number(outcome.stdout) <= 5, `${outcome.stdout} processes are left`);
  }));
