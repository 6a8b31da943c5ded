/**
 * How a server with 10,000 functions answers, against one with 10 in the same run and by the same requests: a page of the
 * list, one function's settings, and a warm invoke. Rounds alternate, so both servers meet the same machine.
 */
import { CreateFunctionCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { deploy, hellos, invokeTarget, lambdaClient, zipFolder } from "./support/functions.ts";
import { load, type Target } from "./support/load.ts";
import { startLambent } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const FEW = 10;
const MANY = 10_000;
const CREATORS = 16;
const REQUESTS = 400;
const ROUNDS = 7;
const [hello] = hellos("python3.13");
if (hello === undefined) throw new Error("there is no hello function");

await using few = await startLambent();
await using many = await startLambent();
const zip = await zipFolder(hello.folder);
await register(few.url, FEW);
const created = performance.now();
await register(many.url, MANY);
process.stdout.write(`${MANY} functions registered in ${((performance.now() - created) / 1000).toFixed(1)} s\n`);

const figures: Figure[] = [];
for (const [what, targetOf] of [
  ["a page of ListFunctions", (url: string) => get(url, "/2015-03-31/functions/?MaxItems=10")],
  ["GetFunction", (url: string) => get(url, "/2015-03-31/functions/hello")],
  ["warm invoke", (url: string) => invokeTarget(url, "hello")],
] as const) {
  const rounds: { readonly few: number; readonly many: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({ few: await middle(targetOf(few.url)), many: await middle(targetOf(many.url)) });
  }
  figures.push({
    what: `${what} p50, ${MANY} functions`,
    unit: "ms",
    measured: median(rounds.map((round) => round.many)),
    baseline: median(rounds.map((round) => round.few)),
    budget: { atMost: 1.3 },
  });
}
process.exitCode = report("registered", figures) ? 0 : 1;

async function register(url: string, count: number): Promise<void> {
  const client = lambdaClient(url);
  await deploy(client, "hello", { ...hello, folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" });
  let next = 1;
  await Promise.all(
    Array.from({ length: CREATORS }, async () => {
      while (next < count) {
        next += 1;
        await create(client, `function-${String(next).padStart(5, "0")}`);
      }
    }),
  );
  client.destroy();
}

async function create(client: LambdaClient, FunctionName: string): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/bench",
      Code: { ZipFile: zip },
    }),
  );
}

async function middle(target: Target): Promise<number> {
  const { latenciesMs } = await load(target, { callers: 1, requests: REQUESTS });
  return percentile(latenciesMs, 0.5);
}

function get(url: string, path: string): Target {
  const { headers } = invokeTarget(url, "hello");
  return { url: `${url}${path}`, method: "GET", headers, body: "" };
}
