/**
 * The two reads that tools make most, with 10,000 functions, against what node:http itself needs to answer hello: one
 * function, and a page of the list as clients ask for it, which is 50 of them. Rounds alternate.
 */
import { CreateFunctionCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { invokeTarget, lambdaClient, zipFolder } from "./support/functions.ts";
import { load, type Target } from "./support/load.ts";
import { startLambent, startRawServer } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const FUNCTIONS = 10_000;
const CREATORS = 16;
const REQUESTS = 400;
const ROUNDS = 7;

await using raw = await startRawServer();
await using server = await startLambent();
await register();
const figures: Figure[] = [];
for (const [what, path] of [
  ["GetFunction", "/2015-03-31/functions/function-05000"],
  ["ListFunctions, a page of 50", "/2015-03-31/functions/"],
] as const) {
  const rounds: { readonly measured: number; readonly baseline: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const baseline = await middle(get(raw.url));
    rounds.push({ measured: await middle(get(`${server.url}${path}`)), baseline });
  }
  figures.push({
    what: `${what} p50, ${FUNCTIONS} functions, against hello by node:http`,
    unit: "ms",
    measured: median(rounds.map(({ measured }) => measured)),
    baseline: median(rounds.map(({ baseline }) => baseline)),
    budget: { atMost: 3 },
  });
}
process.exitCode = report("control-plane", figures) ? 0 : 1;

async function register(): Promise<void> {
  const client = lambdaClient(server.url);
  const zip = await zipFolder("node-hello");
  let next = 0;
  await Promise.all(
    Array.from({ length: CREATORS }, async () => {
      while (next < FUNCTIONS) {
        next += 1;
        await create(client, `function-${String(next).padStart(5, "0")}`, zip);
      }
    }),
  );
  client.destroy();
}

async function create(client: LambdaClient, FunctionName: string, ZipFile: Uint8Array): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/bench",
      Code: { ZipFile },
    }),
  );
}

async function middle(target: Target): Promise<number> {
  const { latenciesMs } = await load(target, { callers: 1, requests: REQUESTS });
  return percentile(latenciesMs, 0.5);
}

function get(url: string): Target {
  const { headers } = invokeTarget(url, "any");
  return { url, method: "GET", headers, body: "" };
}
