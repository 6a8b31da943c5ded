/**
 * What one function's burst does to another's warm calls: X is called all the time by one caller, alone and while Y floods
 * the server with callers of its own, or is called for the first time by hundreds at once. Ratios against X alone.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:http";
import { join } from "node:path";
import { deploy, invokeTarget, lambdaClient } from "./support/functions.ts";
import { load, once as request, type Target } from "./support/load.ts";
import { startLambent } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const ROUNDS = 3;
const CALLS = 1500;
const FLOOD_CALLERS = 64;
const BURST = 300;
const SLEEPS = { folder: "python-sleeps", runtime: "python3.13", handler: "app.handler" } as const;
const HELLO = { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" } as const;

await using lambent = await startLambent();
const client = lambdaClient(lambent.url);
await deploy(client, "steady", HELLO);
await deploy(client, "noisy", HELLO);
const steady = invokeTarget(lambent.url, "steady");
await load(steady, { callers: 1, requests: 500 });
await load(invokeTarget(lambent.url, "noisy"), { callers: FLOOD_CALLERS, requests: 1000 });

interface Load {
  readonly callers: number;
  readonly requests: number;
}

const figures: Figure[] = [];
for (const [name, disturbance] of [
  [`${FLOOD_CALLERS} callers on another function`, { callers: FLOOD_CALLERS, requests: 8000 }],
  [`${BURST} cold starts of another function`, { callers: BURST, requests: BURST }],
] as const) {
  const rounds: { readonly alone: Sample; readonly beside: Sample }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alone = sampleOf(await load(steady, { callers: 1, requests: CALLS }));
    const other = disturbance.callers === BURST ? `burst-${round}` : "noisy";
    if (other !== "noisy") await deploy(client, other, SLEEPS, { MemorySize: 128 });
    const target = { ...invokeTarget(lambent.url, other), body: JSON.stringify({ ms: 3000 }) };
    rounds.push({ alone, beside: await beside(target, disturbance) });
  }
  for (const [what, pick] of [
    ["p50", (sample: Sample) => sample.p50],
    ["p99", (sample: Sample) => sample.p99],
  ] as const) {
    figures.push({
      what: `warm ${what} beside ${name}`,
      unit: "ms",
      measured: median(rounds.map((round) => pick(round.beside))),
      baseline: median(rounds.map((round) => pick(round.alone))),
      ...(what === "p50" && { budget: { atMost: 2 } }),
    });
  }
}
client.destroy();
process.exitCode = report("fairness", figures) ? 0 : 1;

interface Sample {
  readonly p50: number;
  readonly p99: number;
}

function sampleOf({ latenciesMs }: { readonly latenciesMs: readonly number[] }): Sample {
  return { p50: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99) };
}

/** X's calls from the beginning of the disturbance to its end. */
async function beside(target: Target, { callers, requests }: Load): Promise<Sample> {
  const generator = join(import.meta.dirname, "support/flood.ts");
  const args = [generator, JSON.stringify(target), String(callers), String(requests)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let over = false;
  child.once("exit", () => {
    over = true;
  });
  await once(child.stdout, "data");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latenciesMs: number[] = [];
  while (!over) {
    const sent = performance.now();
    await request(steady, agent);
    latenciesMs.push(performance.now() - sent);
  }
  agent.destroy();
  if (child.exitCode !== 0) throw new Error(`the load generator ended with ${child.exitCode}`);
  return sampleOf({ latenciesMs });
}
