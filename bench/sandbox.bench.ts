/** What isolation costs: a sandbox from nothing to its first byte, the attach of code, and its removal, by the real driver. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { lineLog, systemClock, systemRandom } from "../src/base/index.ts";
import { createSandboxDriver } from "../src/sandbox/index.ts";
import { timeProcess } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const SAMPLES = 15;
/** Between samples: the kernel takes longer for namespaces when it has been idle, as before a real cold start. */
const IDLE_MS = 150;
const NODE_FOLDER = dirname(dirname(process.execPath));
const limits = { memoryMb: 128, pids: 1024, openFiles: 1024, tmpMb: 512 };
const programs = [
  { name: "sh", args: ["/bin/sh", "-c", "echo up >&3; read _ <&3; echo done >&3"], bare: ["/bin/sh", "-c", "exit 0"] },
  {
    name: "node",
    args: ["/var/lang/bin/node", "-e", 'const fs=require("fs");fs.writeSync(3,"up");fs.readSync(3,Buffer.alloc(9))'],
    bare: [process.execPath, "-e", "0"],
  },
];

const runFolder = mkdtempSync(join(tmpdir(), "lambent-bench-"));
const figures: Figure[] = [];
try {
  const log = lineLog("warn", (line) => process.stderr.write(line));
  const options = { requested: "auto", runFolder, clock: systemClock, random: systemRandom, log };
  await using driver = await createSandboxDriver(options);
  await driver.prepare();
  for (const { name, args, bare } of programs) {
    const times = {
      bare: [] as number[],
      blocked: [] as number[],
      up: [] as number[],
      attach: [] as number[],
      destroy: [] as number[],
    };
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const [program = "", ...rest] = bare;
      await wait(IDLE_MS);
      times.bare.push(await timeProcess(program, rest));
      await wait(IDLE_MS);
      const started = performance.now();
      const making = driver.create({
        id: `bench-${name}-${sample}`,
        args,
        env: { PATH: "/usr/bin:/bin" },
        cwd: "/",
        mounts: [{ source: NODE_FOLDER, target: "/var/lang" }],
        limits,
      });
      times.blocked.push(performance.now() - started);
      const sandbox = await making;
      await once(sandbox.channel, "data");
      times.up.push(performance.now() - started);
      const attaching = performance.now();
      await sandbox.attach({ mounts: [{ target: "/var/task", sources: [import.meta.dirname] }], limits });
      times.attach.push(performance.now() - attaching);
      const destroying = performance.now();
      await sandbox.destroy();
      times.destroy.push(performance.now() - destroying);
    }
    const baseline = median(times.bare);
    figures.push({ what: `${name}: create to first byte`, unit: "ms", measured: median(times.up), baseline });
    figures.push({ what: `${name}: create, event loop blocked at first`, unit: "ms", measured: median(times.blocked) });
    figures.push({ what: `${name}: attach`, unit: "ms", measured: median(times.attach) });
    figures.push({ what: `${name}: destroy`, unit: "ms", measured: median(times.destroy) });
  }
} finally {
  rmSync(runFolder, { recursive: true, force: true });
}
report("sandbox", figures);
