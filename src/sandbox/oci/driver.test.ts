import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { remainingTraces, traces } from "../attacks/traces.ts";
import { createSandboxDriver, type SandboxDriver, type SandboxSpec } from "../index.ts";
import { driverContract } from "../testing/contract.ts";
import { forkedDriver } from "../testing/forked.ts";

const limits = { memoryMb: 128, pids: 64, openFiles: 1024, tmpMb: 512 };
const log = lineLog("warn", (line) => process.stderr.write(line));

function spec(id: string, script: string, more: Partial<SandboxSpec> = {}): SandboxSpec {
  return { id, args: ["/bin/sh", "-c", script], env: { PATH: "/usr/bin:/bin" }, cwd: "/", mounts: [], limits, ...more };
}

async function withRunFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-oci-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function newDriver(folder: string, requested = "oci"): Promise<SandboxDriver> {
  const runFolder = join(folder, "run");
  return createSandboxDriver({ requested, runFolder, clock: systemClock, random: systemRandom, log });
}

driverContract({
  name: "oci",
  open: (runFolder) =>
    createSandboxDriver({ requested: "oci", runFolder, clock: systemClock, random: systemRandom, log }),
});

driverContract({
  name: "oci, forked",
  open: async (runFolder) =>
    forkedDriver(
      await createSandboxDriver({ requested: "oci", runFolder, clock: systemClock, random: systemRandom, log }),
    ),
  forks: true,
});

for (const runtime of ["crun", "runc"]) {
  test(`${runtime}: a waiting sandbox is given code, layers and limits, and its exit code is exact`, () =>
    withRunFolder(async (folder) => {
      for (const [name, content] of Object.entries({ task: "code", one: "first", two: "second" })) {
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, "file"), content);
      }
      await using driver = await newDriver(folder, runtime);
      assert.equal(driver.isolation.contains, true);
      const script =
        "read _ <&3; cd /var/task; pwd -P; cat file /opt/file; ulimit -n; df -m --output=size /tmp | tail -1; exit 137";
      const sandbox = await driver.create(spec("one", script));
      const sources = [join(folder, "one"), join(folder, "two")];
      await sandbox.attach({
        mounts: [
          { target: "/var/task", sources: [join(folder, "task")] },
          { target: "/opt", sources },
        ],
        limits: { ...limits, tmpMb: 1024, memoryMb: 256 },
      });
      sandbox.channel.write("go\n");
      const [path, contents, tmpMb] = (await text(sandbox.stdout)).split("\n");
      assert.equal(path, "/var/task");
      assert.equal(contents, "codesecond1024");
      assert.ok(Number(tmpMb) >= 1024 && Number(tmpMb) < 1080, `/tmp has ${tmpMb} MiB`);
      assert.deepEqual(await sandbox.exited, { code: 137, signal: undefined, outOfMemory: false });
      await sandbox.destroy();
    }));
}

test("a mount that is not there is refused by name and leaves nothing; an id is not given twice", () =>
  withRunFolder(async (folder) => {
    await using driver = await newDriver(folder);
    const mounts = [{ source: "/no/such/folder", target: "/var/x" }];
    await assert.rejects(driver.create(spec("one", "", { mounts })), { code: "sandbox-mount-missing" });
    const again = await driver.create(spec("one", "exit 0"));
    await assert.rejects(driver.create(spec("one", "exit 0")), /called one already/);
    assert.equal((await again.exited).code, 0);
    await again.destroy();
  }));

test("a runtime asked for by name that is not there is an error, never a fall-back", () =>
  withRunFolder(async (folder) => {
    await assert.rejects(newDriver(folder, "runsc-not-here"), {
      name: "UserError",
      code: "sandbox-driver-unavailable",
    });
  }));

test("a runtime that cannot pass a descriptor into its sandboxes is refused at start, with that reason", () =>
  withRunFolder(async (folder) => {
    const runtime = join(folder, "runsc");
    writeFileSync(runtime, "#!/bin/sh\necho 'usage: run [-bundle DIR] ID'\n", { mode: 0o755 });
    await assert.rejects(newDriver(folder, runtime), {
      code: "sandbox-driver-unavailable",
      message: /runsc cannot pass a descriptor into its sandboxes: its run command has no --preserve-fds/,
    });
  }));

test("where processes cannot be forked from a template they are started, and the reason is told once", () =>
  withRunFolder(async (folder) => {
    // The same runtime under a name that promises nothing of how it isolates.
    const runtime = join(folder, "other-runtime");
    symlinkSync("/usr/bin/crun", runtime);
    await using driver = await newDriver(folder, runtime);
    const template = { key: "any", args: ["/no/such/program"], patient: true };
    for (const id of ["one", "two"]) {
      const sandbox = await driver.create(spec(id, "exit 7", { template }));
      assert.equal((await sandbox.exited).code, 7);
      await sandbox.destroy();
    }
    const told = driver.isolation.gaps.filter((gap) => gap.includes("start more slowly"));
    assert.deepEqual(told, [
      "Python functions start more slowly and take more memory (other-runtime isolates in a way of its own)",
    ]);
  }));

test("forty sandboxes made and destroyed leave nothing on the host", () =>
  withRunFolder(async (folder) => {
    const open = (): number => readdirSync("/proc/self/fd").length;
    await using driver = await newDriver(folder);
    await driver.prepare();
    const cycle = async (n: number): Promise<void> => {
      const sandbox = await driver.create(spec(`cycle-${n}`, "sleep 1000 & read _ <&3"));
      await sandbox.attach({ mounts: [{ target: "/var/task", sources: [folder] }], limits });
      await sandbox.destroy();
    };
    // Enough at once that every thread that makes disks has its own descriptors already.
    await Promise.all(Array.from({ length: 8 }, (_, n) => cycle(n)));
    const before = open();
    for (let n = 8; n < 40; n += 4) await Promise.all([n, n + 1, n + 2, n + 3].map(cycle));
    assert.ok(open() <= before + 8, `${open()} descriptors open after, ${before} before`);
    await driver[Symbol.asyncDispose]();
    const left = await remainingTraces(() => traces(join(folder, "run"), process.pid));
    assert.deepEqual(left, {});
  }));

test("what a server killed with -9 leaves is removed by the next one, while a living server's sandboxes stay", () =>
  withRunFolder(async (folder) => {
    const runFolder = join(folder, "run");
    const program = fileURLToPath(new URL("../fixtures/busy-server.ts", import.meta.url));
    await using living = await newDriver(folder);
    const kept = await living.create(spec("kept", 'read line <&3; echo "$line" >&3; read _ <&3'));
    const server = spawn(process.execPath, [program, runFolder], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = server.pid ?? 0;
    for await (const line of server.stdout) if (String(line).includes("busy-4")) break;
    server.kill("SIGKILL");
    await once(server, "exit");
    assert.notDeepEqual(traces(runFolder, pid)["folders"], [], "the killed server left something");
    const stillRunning = await remainingTraces(() => ({ processes: traces(runFolder, pid)["processes"] ?? [] }));
    assert.deepEqual(stillRunning, {}, "sandboxes end with their server, before another comes");

    await using next = await newDriver(folder);
    await next.prepare();
    assert.deepEqual(await remainingTraces(() => traces(runFolder, pid)), {});
    kept.channel.write("still here\n");
    assert.equal(String((await once(kept.channel, "data"))[0]), "still here\n");
  }));
