/**
 * What every sandbox driver owes, however much it contains: the suite that each of them runs. What only an isolating driver
 * can owe is in ../attacks; what environments need of a driver is in the suite of src/environments.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Sandbox, SandboxDriver, SandboxSpec } from "../driver.ts";

const limits = { memoryMb: 256, pids: 256, openFiles: 1024, tmpMb: 512 };
const NODE = { source: dirname(dirname(process.execPath)), target: "/var/lang" };
const FETCH =
  "new (require('node:net').Socket)({ fd: 3 }).once('data', async (url) => " +
  "{ process.stdout.write(await (await fetch(String(url))).text()); process.exit(0); });";

export interface DriverUnderTest {
  /** Stands in the tests' titles. */
  readonly name: string;
  /** A driver that keeps its sandboxes below `runFolder`. Whoever opens it disposes it. */
  readonly open: (runFolder: string) => SandboxDriver | Promise<SandboxDriver>;
  /** Its sandboxes become the program that was asked for when they are attached, and tell only then what is wrong with it. */
  readonly forks?: boolean;
}

export function driverContract({ name, open, forks = false }: DriverUnderTest): void {
  const withDriver = async (use: (driver: SandboxDriver, folder: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), "lambent-driver-"));
    try {
      await using driver = await open(join(folder, "run"));
      await use(driver, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  test(`${name}: the first process talks on descriptor 3, and its output and exit code are told`, () =>
    withDriver(async (driver) => {
      const sandbox = await start(
        driver,
        shell("talks", "read line <&3; echo got $line >&3; echo out; echo err >&2; exit 3"),
      );
      sandbox.channel.write("hello\n");
      assert.equal(String((await once(sandbox.channel, "data"))[0]), "got hello\n");
      assert.deepEqual(await Promise.all([text(sandbox.stdout), text(sandbox.stderr)]), ["out\n", "err\n"]);
      assert.deepEqual(await sandbox.exited, { code: 3, signal: undefined, outOfMemory: false });
      await sandbox.destroy();
    }));

  test(`${name}: the environment is the one that was given, and nothing of the host's`, () =>
    withDriver(async (driver) => {
      const env = { PATH: "/usr/bin:/bin", ODD: "a 'quoted' value" };
      const sandbox = await start(driver, shell("env", "env", { env }));
      const lines = (await text(sandbox.stdout)).trim().split("\n");
      // HOME is set by OCI runtimes, the others by the shell.
      const own = lines.filter((line) => !/^(HOME|PWD|OLDPWD|SHLVL|_)=/.test(line));
      assert.deepEqual(own.sort(), ["ODD=a 'quoted' value", "PATH=/usr/bin:/bin"]);
      await sandbox.destroy();
    }));

  test(`${name}: code attached later is there, and of merged layers the later one wins`, () =>
    withDriver(async (driver, folder) => {
      for (const [place, content] of Object.entries({ task: "code", one: "first", two: "second" })) {
        mkdirSync(join(folder, place));
        writeFileSync(join(folder, place, "file"), content);
      }
      const env = { PATH: "/usr/bin:/bin", TASK: "/var/task", LAYERS: "/opt" };
      const sandbox = await driver.create(shell("attached", 'read _ <&3; cat "$TASK/file" "$LAYERS/file"', { env }));
      await sandbox.attach({
        mounts: [
          { target: "/var/task", sources: [join(folder, "task")] },
          { target: "/opt", sources: [join(folder, "one"), join(folder, "two")] },
        ],
        limits,
      });
      sandbox.channel.write("go\n");
      assert.equal(await text(sandbox.stdout), "codesecond");
      await sandbox.destroy();
    }));

  test(`${name}: a file system is shared by sandboxes, which write to each other's files, and outlives them`, () =>
    withDriver(async (driver, folder) => {
      const source = join(folder, "shared");
      mkdirSync(join(source, "deep"), { recursive: true });
      writeFileSync(join(source, "deep", "operators"), "operators");
      for (const path of ["", "deep", "deep/operators"])
        if (process.getuid?.() === 0) chownSync(join(source, path), 993, 993);
      const env = { PATH: "/usr/bin:/bin", FS: "/mnt/shared" };
      const said: string[] = [];
      for (const id of ["one", "two"]) {
        const script = `read _ <&3; cd "$FS/." && echo ${id} >> file && echo ${id} >> deep/operators && mkdir -p made && echo ${id} >> made/file && cat file made/file; ls -ln file | { read _ _ user _; [ "$user" = "$(id -u)" ] && echo owner; }`;
        const sandbox = await driver.create(shell(`fs-${id}`, script, { env }));
        await sandbox.attach({ mounts: [], limits, fileSystems: [{ source, target: "/mnt/shared" }] });
        sandbox.channel.write("go\n");
        said.push(await text(sandbox.stdout));
        await sandbox.destroy();
      }
      assert.deepEqual(said, ["one\none\nowner\n", "one\ntwo\none\ntwo\nowner\n"]);
      assert.equal(readFileSync(join(source, "deep", "operators"), "utf8"), "operatorsone\ntwo\n");
    }));

  test(`${name}: pathInside names the place that the sandbox itself sees`, () =>
    withDriver(async (driver) => {
      const sandbox = await driver.create(
        shell("paths", 'read path <&3; echo found > "$path"; cat /tmp/x "$path" 2> /dev/null'),
      );
      await sandbox.attach({ mounts: [], limits });
      sandbox.channel.write(`${sandbox.pathInside("/tmp/x")}\n`);
      assert.match(await text(sandbox.stdout), /found\n$/);
      await sandbox.destroy();
    }));

  test(`${name}: a first process that is killed is told apart from one that exits with 137`, () =>
    withDriver(async (driver) => {
      const exits = await start(driver, shell("exits", "exit 137"));
      assert.deepEqual(await exits.exited, { code: 137, signal: undefined, outOfMemory: false });
      const killed = await start(driver, shell("killed", "read _ <&3"));
      killed.signal("SIGKILL");
      assert.deepEqual(await killed.exited, { code: undefined, signal: "SIGKILL", outOfMemory: false });
    }));

  test(`${name}: a server offered to the sandbox is reached from inside, and closes with it`, () =>
    withDriver(async (driver) => {
      const spec = { ...shell("listens", ""), args: ["/var/lang/bin/node", "-e", FETCH], mounts: [NODE] };
      const sandbox = await start(driver, spec);
      const server = createServer((_request, response) => response.end("hi"));
      const { host, port } = await sandbox.listen(server, "127.0.0.1", 9001);
      sandbox.channel.write(`http://${host}:${port}/`);
      assert.equal(await text(sandbox.stdout), "hi");
      await sandbox.destroy();
      assert.equal(server.listening, false);
    }));

  test(`${name}: destroy ends every process of the sandbox, and once more does no harm`, () =>
    withDriver(async (driver) => {
      const sandbox = await start(driver, shell("family", "(sleep 1000 & sleep 1000) & echo ready; wait"));
      await once(sandbox.stdout, "data");
      const { pids } = await sandbox.usage();
      assert.ok(pids === 0 || pids >= 2, `${pids} processes`);
      await Promise.all([sandbox.destroy(), sandbox.destroy()]);
      await sandbox.destroy();
      assert.equal((await sandbox.exited).signal, "SIGKILL");
      assert.equal(await text(sandbox.stdout), "");
    }));

  test(`${name}: a frozen sandbox stands still, children included, and goes on where it was when it is thawed`, () =>
    withDriver(async (driver) => {
      const count = "while sleep 0.01; do echo $1; done";
      const counting = async (id: string): Promise<{ readonly sandbox: Sandbox; readonly lines: string[] }> => {
        const sandbox = await start(driver, shell(id, `(set -- child; ${count}) & set -- first; ${count}`));
        const lines: string[] = [];
        createInterface({ input: sandbox.stdout }).on("line", (line) => lines.push(line));
        return { sandbox, lines };
      };
      const goesOn = async ({ sandbox, lines }: Awaited<ReturnType<typeof counting>>): Promise<void> => {
        lines.length = 0;
        while (lines.length < 40 || new Set(lines).size < 2) await once(sandbox.stdout, "data");
      };
      const [one, twin] = await Promise.all([counting("one"), counting("twin")]);
      await goesOn(one);
      one.sandbox.freeze();
      one.sandbox.freeze();
      await goesOn(twin);
      one.lines.length = 0;
      await goesOn(twin);
      assert.deepEqual(one.lines, [], "it says nothing for as long as its twin says forty lines");
      const { pids } = await one.sandbox.usage();
      assert.ok(pids === 0 || pids >= 2, `${pids} processes`);
      one.sandbox.thaw();
      one.sandbox.thaw();
      await goesOn(one);
      one.sandbox.freeze();
      one.sandbox.signal("SIGKILL");
      assert.equal((await one.sandbox.exited).signal, "SIGKILL");
      twin.sandbox.freeze();
      await Promise.all([one.sandbox.destroy(), twin.sandbox.destroy()]);
      assert.equal((await twin.sandbox.exited).signal, "SIGKILL");
    }));

  test(`${name}: a kept /tmp goes on in the next sandbox with its files still the program's own`, () =>
    withDriver(async (driver) => {
      const write =
        'umask 077; read path <&3; mkdir "$path/private"; echo first > "$path/private/file"; echo written; wait';
      const first = await driver.create(shell("first", write));
      await first.attach({ mounts: [], limits });
      first.channel.write(`${first.pathInside("/tmp")}\n`);
      await once(first.stdout, "data");
      const kept = await first.keepTmp();
      await first.destroy();
      if (!forks)
        await assert.rejects(driver.create({ ...shell("never", ""), args: ["/no/such/program"], keptTmp: kept }));
      const add =
        'read path <&3; cat "$path/private/file"; echo second > "$path/private/file"; cat "$path/private/file"';
      const second = await driver.create(shell("second", add, { keptTmp: kept }));
      await second.attach({ mounts: [], limits: { ...limits, tmpMb: 1024 } });
      second.channel.write(`${second.pathInside("/tmp")}\n`);
      assert.equal(await text(second.stdout), "first\nsecond\n");
      const again = await second.keepTmp();
      await second.destroy();
      kept.close();
      const third = await driver.create(shell("third", 'read path <&3; cat "$path/private/file"', { keptTmp: again }));
      await third.attach({ mounts: [], limits });
      third.channel.write(`${third.pathInside("/tmp")}\n`);
      assert.equal(await text(third.stdout), "second\n");
      const unused = await third.keepTmp();
      await third.destroy();
      unused.close();
      unused.close();
    }));

  if (!forks)
    test(`${name}: a program that does not exist is a UserError that names it, and its id is free again`, () =>
      withDriver(async (driver) => {
        const missing = driver.create({ ...shell("again", ""), args: ["/no/such/program"] });
        await assert.rejects(missing, {
          name: "UserError",
          code: "sandbox-start-failed",
          message: /\/no\/such\/program/,
        });
        const sandbox = await start(driver, shell("again", "exit 0"));
        assert.equal((await sandbox.exited).code, 0);
      }));

  test(`${name}: what the driver has made ends with it`, async () => {
    let exited: Promise<unknown> = Promise.resolve();
    await withDriver(async (driver) => {
      const sandbox = await start(driver, shell("left", "sleep 1000"));
      exited = sandbox.exited;
    });
    await exited;
  });

  test(`${name}: a driver that does not contain hostile code says what does not hold`, () =>
    withDriver(async ({ isolation }) => {
      assert.notEqual(isolation.summary, "");
      assert.ok(isolation.contains || isolation.gaps.length > 0);
    }));
}

/** A program that needs nothing but to be attached. */
async function start(driver: SandboxDriver, spec: SandboxSpec): Promise<Sandbox> {
  const sandbox = await driver.create(spec);
  await sandbox.attach({ mounts: [], limits });
  return sandbox;
}

function shell(id: string, script: string, more: Partial<SandboxSpec> = {}): SandboxSpec {
  const env = { PATH: "/usr/bin:/bin" };
  return { id, args: ["/bin/sh", "-c", script], env, cwd: "/tmp", mounts: [], limits, ...more };
}
