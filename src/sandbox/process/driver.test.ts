import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import type { SandboxSpec } from "../driver.ts";
import { processStart } from "../linux/proc.ts";
import { createProcessDriver } from "./driver.ts";
import { pathMap } from "./paths.ts";

const limits = { memoryMb: 128, pids: 1024, openFiles: 1024, tmpMb: 512 };
const log = lineLog("error", (line) => process.stderr.write(line));

function spec(id: string, args: readonly string[], more: Partial<SandboxSpec> = {}): SandboxSpec {
  return { id, args, env: { PATH: "/usr/bin:/bin" }, cwd: "/tmp", mounts: [], limits, ...more };
}

async function withDriver(
  use: (driver: ReturnType<typeof createProcessDriver>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-process-"));
  try {
    await using driver = createProcessDriver({
      runFolder: join(folder, "run"),
      clock: systemClock,
      random: systemRandom,
      log,
    });
    await use(driver, folder);
    assert.equal(driver.isolation.contains, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the first process talks on descriptor 3 and its exit code is reported", () =>
  withDriver(async (driver) => {
    const sandbox = await driver.create(
      spec("a", ["/bin/sh", "-c", "read line <&3; echo got $line >&3; echo out; exit 3"]),
    );
    sandbox.channel.write("hello\n");
    const [answer] = await once(sandbox.channel, "data");
    assert.equal(String(answer), "got hello\n");
    assert.equal(await text(sandbox.stdout), "out\n");
    assert.deepEqual(await sandbox.exited, { code: 3, signal: undefined, outOfMemory: false });
    await sandbox.destroy();
  }));

test("code attached later is found through pathInside, layers merged with the later one winning", () =>
  withDriver(async (driver, folder) => {
    for (const [name, content] of Object.entries({ task: "code", one: "first", two: "second" })) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "file"), content);
    }
    const script = 'read _ <&3; cat "$ROOT/file" "$LAYERS/file"';
    const env = { PATH: "/usr/bin:/bin", ROOT: "/var/task", LAYERS: "/opt" };
    const sandbox = await driver.create(spec("b", ["/bin/sh", "-c", script], { env }));
    const sources = [join(folder, "one"), join(folder, "two")];
    await sandbox.attach({
      mounts: [
        { target: "/var/task", sources: [join(folder, "task")] },
        { target: "/opt", sources },
      ],
      limits,
    });
    sandbox.channel.write("go\n");
    assert.equal(await text(sandbox.stdout), "codesecond");
    assert.match(sandbox.pathInside("/var/task/x"), /\/b\/task\/x$/);
  }));

test("a server offered to the sandbox listens on loopback and closes with it", () =>
  withDriver(async (driver) => {
    const sandbox = await driver.create(spec("c", ["/bin/sh", "-c", "read _ <&3"]));
    const server = createServer((_request, response) => response.end("hi"));
    const { host, port } = await sandbox.listen(server, "127.0.0.1", 9001);
    assert.equal(await (await fetch(`http://${host}:${port}/`)).text(), "hi");
    await sandbox.destroy();
    assert.equal(server.listening, false);
  }));

test("destroy kills grandchildren and removes the folder", () =>
  withDriver(async (driver, folder) => {
    const sandbox = await driver.create(spec("d", ["/bin/sh", "-c", "sleep 1000 & echo $!; wait"]));
    const [line] = await once(sandbox.stdout, "data");
    await sandbox.destroy();
    await sandbox.destroy();
    assert.equal((await sandbox.exited).signal, "SIGKILL");
    assert.equal(processStart(Number(line)), undefined);
    assert.deepEqual(
      readdirSync(join(folder, "run")).flatMap((name) => readdirSync(join(folder, "run", name))),
      [],
    );
    assert.equal(existsSync(sandbox.pathInside("/tmp")), false);
  }));

test("a program that does not exist is a UserError", () =>
  withDriver(async (driver) => {
    await assert.rejects(driver.create(spec("e", ["/no/such/program"])), {
      name: "UserError",
      code: "sandbox-start-failed",
    });
  }));

test("paths are mapped whole, in flags and in lists, and only at folder borders", () => {
  const map = pathMap("/run/x", [{ source: "/host/node", target: "/var/lang" }]);
  assert.equal(map.text("/var/lang/bin:/usr/bin:/opt/bin"), "/host/node/bin:/usr/bin:/run/x/opt/bin");
  assert.equal(map.text("--require=/var/task/a.js"), "--require=/run/x/task/a.js");
  assert.equal(map.text("/var/tasks"), "/var/tasks");
});
