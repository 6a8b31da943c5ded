/**
 * Cold starts under isolation, client to response, against the bare interpreter's start-up. Each sample is a new function
 * whose first invoke is timed, with a pause before it; on a server that makes sandboxes ahead, and on one that makes none.
 */
import { execFileSync } from "node:child_process";
import { Agent } from "node:http";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { explainColdStarts } from "./support/cold-explain.ts";
import { deploy, type Hello, hellos, invokeTarget, lambdaClient } from "./support/functions.ts";
import { once } from "./support/load.ts";
import { startLambent, timeProcess } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const SAMPLES = 20;
const PAUSE_MS = 150;
/** With a sandbox made ahead, and with none: against the bare interpreter, and in milliseconds for custom runtimes. */
const BUDGETS = {
  "node-hello": { ahead: 0.3, empty: 1.3 },
  "python-hello": { ahead: 0.6, empty: 1 },
  "sh-hello": { ahead: 8, empty: 20 },
  "node-sleeps": { ahead: 0.3, empty: 1.3 },
  "python-sleeps": { ahead: 0.6, empty: 1 },
} as const satisfies Readonly<Record<Hello["folder"], { readonly ahead: number; readonly empty: number }>>;
const python = findPython();
const agent = new Agent({ keepAlive: true });
await using lambent = await startLambent();
await using without = await startLambent(["--no-spares"]);
const client = lambdaClient(lambent.url);
const clientWithout = lambdaClient(without.url);

const figures: Figure[] = [];
for (const hello of hellos(`python${python.minor}`)) {
  const bare: number[] = [];
  const ahead: number[] = [];
  const empty: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    if (hello.folder !== "sh-hello") bare.push(await bareStart(hello));
    ahead.push(await coldInvoke(client, lambent.url, hello, `${hello.folder}-${sample}`));
    await pause();
    empty.push(await coldInvoke(clientWithout, without.url, hello, `${hello.folder}-${sample}`));
    await pause();
  }
  const baseline = bare.length > 0 ? { baseline: median(bare) } : {};
  const budget = BUDGETS[hello.folder];
  figures.push({
    what: `${hello.runtime} cold p50, made ahead`,
    unit: "ms",
    measured: median(ahead),
    ...baseline,
    budget: { atMost: budget.ahead },
  });
  figures.push({
    what: `${hello.runtime} cold p95, made ahead`,
    unit: "ms",
    measured: percentile(ahead, 0.95),
    ...baseline,
  });
  figures.push({
    what: `${hello.runtime} cold p50, pool empty`,
    unit: "ms",
    measured: median(empty),
    ...baseline,
    budget: { atMost: budget.empty },
  });
}
if (process.argv.includes("--explain")) await explainColdStarts(lambent.url, client, hellos(`python${python.minor}`));
client.destroy();
clientWithout.destroy();
agent.destroy();
process.exitCode = report("cold", figures) ? 0 : 1;

async function coldInvoke(client: LambdaClient, url: string, hello: Hello, name: string): Promise<number> {
  await deploy(client, name, hello);
  const started = performance.now();
  await once(invokeTarget(url, name), agent);
  return performance.now() - started;
}

/** Time for the pool to fill again. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function bareStart(hello: Hello): Promise<number> {
  return hello.folder === "node-hello"
    ? timeProcess(process.execPath, ["-e", "0"])
    : timeProcess(python.program, ["-c", "0"]);
}

/** The interpreter itself, not a version manager's shim. */
function findPython(): { readonly program: string; readonly minor: string } {
  const [program = "", minor = ""] = execFileSync(
    "python3",
    ["-c", "import sys; print(sys.executable); print('%d.%d' % sys.version_info[:2])"],
    { encoding: "utf8" },
  ).split("\n");
  return { program, minor };
}
