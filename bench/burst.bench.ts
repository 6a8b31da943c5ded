/**
 * From zero to a thousand: 1,000 concurrent calls of a Python function that sleeps for a second and that no environment
 * exists for yet, over 1,000 sockets, until all are answered. Client and server share the machine.
 */
import { execFileSync } from "node:child_process";
import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { deploy, invokeTarget, lambdaClient } from "./support/functions.ts";
import { once } from "./support/load.ts";
import { descendants, proportionalSetSizeMb, startLambent } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";

const CALLS = Number(process.env["BURST_CALLS"] ?? 1_000);
/** The template is up and the spare is made, as after any deploy. */
const SETTLE_MS = 1_500;
const minor = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], {
  encoding: "utf8",
});

await using server = await startLambent();
const client = lambdaClient(server.url);
const sleeper = { folder: "python-sleeps", runtime: `python${minor.trim()}`, handler: "app.handler" } as const;
await deploy(client, "burst", sleeper, { MemorySize: 128 });
client.destroy();
await wait(SETTLE_MS);

const agent = new Agent({ keepAlive: true, maxSockets: CALLS });
const target = { ...invokeTarget(server.url, "burst"), body: '{"ms":1000}' };
const before = new Set(descendants(server.pid));
const started = performance.now();
const answers = await Promise.allSettled(Array.from({ length: CALLS }, () => once(target, agent)));
const tookMs = performance.now() - started;
const wrong = answers.filter((answer) => answer.status === "rejected" || String(answer.value) !== '"hello"');
const environments = descendants(server.pid).filter((pid) => !before.has(pid));
const pssMb = environments.reduce((sum, pid) => sum + proportionalSetSizeMb(pid), 0);
agent.destroy();

const figures: Figure[] = [
  { what: `${CALLS} calls that sleep 1 s, all answered`, unit: "ms", measured: tookMs, budget: { atMost: 4_000 } },
  { what: "of them in error", unit: "calls", measured: wrong.length, budget: { atMost: 0 } },
  { what: "processes that served them", unit: "processes", measured: environments.length },
  { what: "memory of them all", unit: "MiB", measured: pssMb },
];
const [first] = wrong;
if (first !== undefined) process.stderr.write(`${first.status === "rejected" ? first.reason : first.value}\n`);
process.exitCode = report("burst", figures) ? 0 : 1;
