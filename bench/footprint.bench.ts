/** Server start, resident memory and CPU when idle, memory per idle environment, and create + first invoke. */

import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { deploy, hellos, invoke, lambdaClient } from "./support/functions.ts";
import {
  cpuMs,
  descendants,
  proportionalSetSizeMb,
  residentSetSizeMb,
  startLambent,
  timeProcess,
} from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const figures: Figure[] = [];
const starts: number[] = [];
const bare: number[] = [];
for (let sample = 0; sample < 7; sample += 1) {
  bare.push(await timeProcess(process.execPath, ["-e", "0"]));
  await using server = await startLambent();
  starts.push(server.startMs);
}
figures.push({ what: "server start, process to ready", unit: "ms", measured: median(starts), budget: { atMost: 300 } });
figures.push({ what: "server start against node -e 0", unit: "ms", measured: median(starts), baseline: median(bare) });

await using server = await startLambent();
await wait(2000);
const before = cpuMs(server.pid);
await wait(5000);
figures.push({
  what: "server CPU when idle",
  unit: "ms per s",
  measured: (cpuMs(server.pid) - before) / 5,
  budget: { atMost: 2 },
});
figures.push({
  what: "server resident when idle",
  unit: "MiB",
  measured: residentSetSizeMb(server.pid),
  budget: { atMost: 90 },
});

const client = lambdaClient(server.url);
const minor = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], {
  encoding: "utf8",
}).trim();
for (const hello of hellos(`python${minor}`)) {
  const created: number[] = [];
  const known = new Set(descendants(server.pid));
  for (let sample = 0; sample < 5; sample += 1) {
    const started = performance.now();
    await deploy(client, `${hello.folder}-${sample}`, hello);
    await invoke(client, `${hello.folder}-${sample}`);
    created.push(performance.now() - started);
  }
  await wait(1000);
  const grown = descendants(server.pid).filter((pid) => !known.has(pid));
  const memory = grown.reduce((sum, pid) => sum + proportionalSetSizeMb(pid), 0);
  figures.push({ what: `${hello.runtime} create + first invoke`, unit: "ms", measured: median(created) });
  figures.push({
    what: `${hello.runtime} memory per environment, spares included`,
    unit: "MiB",
    measured: memory / created.length,
  });
}
client.destroy();
process.exitCode = report("footprint", figures) ? 0 : 1;
