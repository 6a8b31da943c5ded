/** 1,000 sandboxes made, attached and destroyed: how much is left on the host, and in the server's memory. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lineLog, systemClock, systemRandom } from "../src/base/index.ts";
import { remainingTraces, traces } from "../src/sandbox/attacks/traces.ts";
import { createSandboxDriver } from "../src/sandbox/index.ts";
import { type Figure, report } from "./support/report.ts";

const CYCLES = Number(process.env["CYCLES"] ?? "1000");
const runFolder = mkdtempSync(join(tmpdir(), "lambent-leaks-"));
const figures: Figure[] = [];
const openFiles = (): number => readdirSync("/proc/self/fd").length;
try {
  const log = lineLog("warn", (line) => process.stderr.write(line));
  const options = { requested: "oci", runFolder, clock: systemClock, random: systemRandom, log };
  await using driver = await createSandboxDriver(options);
  await driver.prepare();
  const limits = { memoryMb: 128, pids: 64, openFiles: 1024, tmpMb: 512 };
  const cycle = async (n: number): Promise<void> => {
    const sandbox = await driver.create({
      id: `leak-${n}`,
      args: ["/bin/sh", "-c", "sleep 1000 & read _ <&3"],
      env: { PATH: "/usr/bin:/bin" },
      cwd: "/",
      mounts: [],
      limits,
    });
    await sandbox.attach({ mounts: [{ target: "/var/task", sources: [import.meta.dirname] }], limits });
    await sandbox.destroy();
  };
  for (let n = 0; n < 20; n += 1) await cycle(n);
  globalThis.gc?.();
  const before = { files: openFiles(), rss: process.memoryUsage().rss };
  const started = performance.now();
  for (let n = 20; n < CYCLES; n += 1) await cycle(n);
  figures.push({ what: "one cycle", unit: "ms", measured: (performance.now() - started) / Math.max(1, CYCLES - 20) });
  globalThis.gc?.();
  figures.push({
    what: "open files more than before",
    unit: "",
    measured: openFiles() - before.files,
    budget: { atMost: 8 },
  });
  figures.push({
    what: "resident memory more than before",
    unit: "MiB",
    measured: (process.memoryUsage().rss - before.rss) / 2 ** 20,
  });
  await driver[Symbol.asyncDispose]();
  const left = await remainingTraces(() => traces(runFolder, process.pid));
  for (const [kind, found] of Object.entries(left)) process.stderr.write(`left ${kind}: ${found.join(", ")}\n`);
  const count = Object.values(left).reduce((sum, found) => sum + found.length, 0);
  figures.push({ what: `traces left after ${CYCLES} sandboxes`, unit: "", measured: count, budget: { atMost: 0 } });
} finally {
  rmSync(runFolder, { recursive: true, force: true });
}
report("sandbox-leaks", figures);
