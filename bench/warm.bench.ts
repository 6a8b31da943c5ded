/**
 * Warm invokes: latency and throughput at 1, 4 and 16 callers against a raw node:http hello under the same load. Both take
 * turns in short rounds, so that what disturbs the machine disturbs both.
 */
import { deploy, invokeTarget, lambdaClient } from "./support/functions.ts";
import { type LoadResult, load, type Target } from "./support/load.ts";
import { startLambent, startRawServer } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const CALLERS = [1, 4, 16] as const;
const REQUESTS = 1000;
const ROUNDS = 9;

await using raw = await startRawServer();
await using lambent = await startLambent();
const client = lambdaClient(lambent.url);
await deploy(client, "warm", { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" });

const baseline: Target = { url: raw.url, method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
const candidate = invokeTarget(lambent.url, "warm");
const figures: Figure[] = [];
for (const callers of CALLERS) {
  const calls = callers === 1 ? "1 caller" : `${callers} callers`;
  await load(baseline, { callers, requests: 500 });
  await load(candidate, { callers, requests: 500 });
  const rounds: { raw: LoadResult; lambent: LoadResult }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({
      raw: await load(baseline, { callers, requests: REQUESTS }),
      lambent: await load(candidate, { callers, requests: REQUESTS }),
    });
  }
  const of = (pick: (result: LoadResult) => number) => ({
    measured: median(rounds.map((round) => pick(round.lambent))),
    baseline: median(rounds.map((round) => pick(round.raw))),
  });
  const p50 = callers === 1 ? { budget: { atMost: 2 } } : {};
  const throughput = callers === 16 ? { budget: { atLeast: 0.25 } } : {};
  figures.push({
    what: `warm invoke p50, ${calls}`,
    unit: "ms",
    ...of((r) => percentile(r.latenciesMs, 0.5)),
    ...p50,
  });
  figures.push({
    what: `warm invoke p99, ${calls}`,
    unit: "ms",
    ...of((r) => percentile(r.latenciesMs, 0.99)),
  });
  const rate = of((r) => r.requestsPerSecond);
  figures.push({ what: `requests per second, ${calls}`, unit: "/s", ...rate, ...throughput });
}
client.destroy();
process.exitCode = report("warm", figures) ? 0 : 1;
