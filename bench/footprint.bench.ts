/**
 * Server start, resident memory and CPU when idle, memory per idle environment, and create + first invoke. Memory is what
 * the environments' own processes hold (PSS: shared pages count by their share), without sandboxes made ahead, which have
 * rows of their own.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { deploy, hellos, invoke, invokeTarget, lambdaClient, sleepers } from "./support/functions.ts";
import { once } from "./support/load.ts";
import {
  descendants,
  preciseCpuMs,
  proportionalSetSizeMb,
  residentSetSizeMb,
  startLambent,
  timeProcess,
} from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const STARTS = 7;
const CREATIONS = 9;
const ENVIRONMENTS = 10;
const IDLE_SECONDS = 8;
const SLEEP_MS = 3000;

const minor = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], {
  encoding: "utf8",
}).trim();
const figures: Figure[] = [...(await starts()), ...(await idle()), ...(await creations())];
for (const { folder, runtime, handler } of sleepers(`python${minor}`)) {
  figures.push(...(await memory({ folder, runtime, handler })));
}
process.exitCode = report("footprint", figures) ? 0 : 1;

async function starts(): Promise<readonly Figure[]> {
  const samples = { lambent: [] as number[], bare: [] as number[] };
  for (let sample = 0; sample < STARTS; sample += 1) {
    samples.bare.push(await timeProcess(process.execPath, ["-e", "0"]));
    await using server = await startLambent();
    samples.lambent.push(server.startMs);
  }
  const measured = median(samples.lambent);
  return [
    { what: "server start, process to ready", unit: "ms", measured, budget: { atMost: 300 } },
    { what: "server start against node -e 0", unit: "ms", measured, baseline: median(samples.bare) },
  ];
}

/** Of a server that nobody has called, and of one with idle environments and sandboxes made ahead. */
async function idle(): Promise<readonly Figure[]> {
  await using server = await startLambent();
  await wait(2500);
  const fresh = await cpuPercent(server.pid);
  const resident = residentSetSizeMb(server.pid);
  const client = lambdaClient(server.url);
  for (const hello of hellos(`python${minor}`)) {
    await deploy(client, hello.folder, hello);
    await invoke(client, hello.folder);
  }
  client.destroy();
  await wait(5000);
  const used = await cpuPercent(server.pid);
  return [
    { what: "CPU of a fresh idle server", unit: "%", measured: fresh, budget: { atMost: 0 } },
    { what: "CPU of an idle server and its idle environments", unit: "%", measured: used, budget: { atMost: 0 } },
    { what: "server resident when idle", unit: "MiB", measured: resident, budget: { atMost: 90 } },
  ];
}

/** Of one core, in tenths, by everything that the server has started. */
async function cpuPercent(server: number): Promise<number> {
  const total = (): number => [server, ...descendants(server)].reduce((sum, pid) => sum + preciseCpuMs(pid), 0);
  const before = total();
  await wait(IDLE_SECONDS * 1000);
  return Math.round(Math.max(0, total() - before) / IDLE_SECONDS) / 10;
}

async function creations(): Promise<readonly Figure[]> {
  await using server = await startLambent();
  const client = lambdaClient(server.url);
  const found: Figure[] = [];
  for (const hello of hellos(`python${minor}`)) {
    const samples: number[] = [];
    for (let sample = 0; sample < CREATIONS; sample += 1) {
      const started = performance.now();
      await deploy(client, `${hello.folder}-${sample}`, hello);
      await invoke(client, `${hello.folder}-${sample}`);
      samples.push(performance.now() - started);
      // The next one is a client of its own, not a race for sandboxes.
      await wait(200);
    }
    const measured = median(samples);
    found.push({ what: `${hello.runtime} create + first invoke`, unit: "ms", measured, budget: { atMost: 80 } });
  }
  client.destroy();
  return found;
}

/** Environments of one function, made by calls at the same time, measured when all of them are idle. */
async function memory(sleeper: ReturnType<typeof sleepers>[number]): Promise<readonly Figure[]> {
  const { folder, runtime } = sleeper;
  await using server = await startLambent();
  const client = lambdaClient(server.url);
  await deploy(client, folder, sleeper);
  client.destroy();
  const agent = new Agent({ keepAlive: true });
  const target = { ...invokeTarget(server.url, folder), body: JSON.stringify({ ms: SLEEP_MS }) };
  await Promise.all(Array.from({ length: ENVIRONMENTS }, () => once(target, agent)));
  agent.destroy();
  await wait(2000);
  const file = sleeper.handler.replace(/\.[^.]*$/, "");
  const all = descendants(server.pid);
  const own = all.filter((pid) => worksIn(pid, file));
  const rest = all.filter((pid) => !own.includes(pid));
  const budget = { atMost: folder === "node-sleeps" ? 20 : 5 };
  return [
    { what: `${runtime} memory per idle environment`, unit: "MiB", measured: pss(own) / own.length, budget },
    { what: `${runtime} environments measured`, unit: "", measured: own.length, budget: { atLeast: ENVIRONMENTS } },
    {
      what: `beside ${ENVIRONMENTS} of ${runtime}: sandboxes made ahead, zygotes, keepers`,
      unit: "MiB",
      measured: pss(rest),
    },
  ];
}

function pss(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + proportionalSetSizeMb(pid), 0);
}

/** Whether a process works in the folder of a function that has this file: what waits without a function does not. */
function worksIn(pid: number, file: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/cwd`).some((name) => name.startsWith(`${file}.`));
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
