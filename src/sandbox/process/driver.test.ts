import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import type { SandboxDriver } from "../driver.ts";
import { processStart } from "../linux/proc.ts";
import { driverContract } from "../testing/contract.ts";
import { createProcessDriver } from "./driver.ts";
import { pathMap } from "./paths.ts";

const log = lineLog("error", (line) => process.stderr.write(line));

const open = (runFolder: string): SandboxDriver =>
  createProcessDriver({ runFolder, clock: systemClock, random: systemRandom, log });

driverContract({ name: "process", open });

test("destroy kills grandchildren and removes the folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lambent-process-"));
  try {
    await using driver = open(join(folder, "run"));
    assert.equal(driver.isolation.contains, false);
    const sandbox = await driver.create({
      id: "d",
      args: ["/bin/sh", "-c", "sleep 1000 & echo $!; wait"],
      env: { PATH: "/usr/bin:/bin" },
      cwd: "/tmp",
      mounts: [],
      limits: { memoryMb: 128, pids: 1024, openFiles: 1024, tmpMb: 512 },
    });
    const [line] = await once(sandbox.stdout, "data");
    await sandbox.destroy();
    assert.equal(processStart(Number(line)), undefined);
    const left = readdirSync(join(folder, "run")).flatMap((name) => readdirSync(join(folder, "run", name)));
    assert.deepEqual(left, []);
    assert.equal(existsSync(sandbox.pathInside("/tmp")), false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("paths are mapped whole, in flags and in lists, and only at folder borders", () => {
  const map = pathMap("/run/x", [{ source: "/host/node", target: "/var/lang" }]);
  assert.equal(map.text("/var/lang/bin:/usr/bin:/opt/bin"), "/host/node/bin:/usr/bin:/run/x/opt/bin");
  assert.equal(map.text("--require=/var/task/a.js"), "--require=/run/x/task/a.js");
  assert.equal(map.text("/var/tasks"), "/var/tasks");
});
