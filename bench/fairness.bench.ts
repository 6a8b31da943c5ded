/**
 * What one function's burst does to another's warm calls: X is called all the time by one caller, alone and while Y floods
 * the server with callers of its own, or is called for the first time by hundreds at once. Ratios against X alone. A bare
 * node:http server under the same flood says how much of that is the machine's two cores. An argument picks scenarios by
 * what their names hold.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:http";
import { join } from "node:path";
import { deploy, invokeTarget, lambdaClient } from "./support/functions.ts";
import { load, once as request, type Target } from "./support/load.ts";
import { startLambent, startRawServer } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const ROUNDS = 3;
const CALLS = 1500;
const FLOOD = { callers: 64, requests: 8000 };
const BURST = { callers: 300, requests: 300 };
const SLEEPS = { folder: "python-sleeps", runtime: "python3.13", handler: "app.handler" } as const;
const HELLO = { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" } as const;

interface Load {
  readonly callers: number;
  readonly requests: number;
}

interface Scenario {
  readonly what: string;
  readonly steady: Target;
  readonly load: Load;
  readonly budget?: Figure["budget"];
  /** What the others call in this round. */
  other(round: number): Promise<Target>;
}

await using raw = await startRawServer();
await using lambent = await startLambent();
const client = lambdaClient(lambent.url);
await deploy(client, "steady", HELLO);
await deploy(client, "noisy", HELLO);
const steady = invokeTarget(lambent.url, "steady");
const noisy = invokeTarget(lambent.url, "noisy");
const bare: Target = { url: raw.url, method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
await load(steady, { callers: 1, requests: 500 });
await load(noisy, { callers: FLOOD.callers, requests: 1000 });

const scenarios: readonly Scenario[] = [
  {
    what: `beside ${FLOOD.callers} callers of another function`,
    steady,
    load: FLOOD,
    budget: { atMost: 2 },
    other: async () => noisy,
  },
  {
    what: `beside ${BURST.callers} cold starts of another function`,
    steady,
    load: BURST,
    budget: { atMost: 2 },
    other: sleepers,
  },
  { what: `beside ${FLOOD.callers} callers, bare node:http`, steady: bare, load: FLOOD, other: async () => bare },
];
const figures: Figure[] = [];
for (const scenario of scenarios.filter(({ what }) => what.includes(process.argv[2] ?? ""))) {
  const rounds: { readonly alone: Sample; readonly beside: Sample }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alone = sampleOf(await load(scenario.steady, { callers: 1, requests: CALLS }));
    rounds.push({ alone, beside: await beside(scenario, await scenario.other(round)) });
  }
  for (const percent of ["p50", "p99"] as const) {
    figures.push({
      what: `${percent} ${scenario.what}`,
      unit: "ms",
      measured: median(rounds.map((round) => round.beside[percent])),
      baseline: median(rounds.map((round) => round.alone[percent])),
      ...(percent === "p50" && scenario.budget && { budget: scenario.budget }),
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

/** Each round is a function of its own, so that every environment is new. */
async function sleepers(round: number): Promise<Target> {
  await deploy(client, `burst-${round}`, SLEEPS, { MemorySize: 128 });
  return { ...invokeTarget(lambent.url, `burst-${round}`), body: '{"ms":3000}' };
}

/** X's calls from the beginning of the disturbance to its end. */
async function beside(scenario: Scenario, other: Target): Promise<Sample> {
  const generator = join(import.meta.dirname, "support/flood.ts");
  const args = [generator, JSON.stringify(other), String(scenario.load.callers), String(scenario.load.requests)];
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
    await request(scenario.steady, agent);
    latenciesMs.push(performance.now() - sent);
  }
  agent.destroy();
  if (child.exitCode !== 0) throw new Error(`the load generator ended with ${child.exitCode}`);
  return sampleOf({ latenciesMs });
}
