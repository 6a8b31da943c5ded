/**
 * A warm call through a function URL, against Invoke of the same function and against a raw node:http hello. All three take
 * turns in short rounds, so that what disturbs the machine disturbs all.
 */
import { AddPermissionCommand, CreateFunctionUrlConfigCommand } from "@aws-sdk/client-lambda";
import { deploy, invokeTarget, lambdaClient } from "./support/functions.ts";
import { type LoadResult, load, type Target } from "./support/load.ts";
import { startLambent, startRawServer } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const REQUESTS = 500;
const ROUNDS = 7;
const FunctionName = "warm";

await using raw = await startRawServer();
await using lambent = await startLambent();
const client = lambdaClient(lambent.url);
await deploy(client, FunctionName, { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" });
const { FunctionUrl = "" } = await client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
const url = { StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" } as const;
const invoke = { StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true } as const;
for (const grant of [url, invoke])
  await client.send(new AddPermissionCommand({ FunctionName, Principal: "*", ...grant }));

const headers = { "content-type": "application/json" };
const targets = {
  raw: { url: raw.url, method: "POST", headers, body: "{}" },
  invoke: invokeTarget(lambent.url, FunctionName),
  url: {
    url: `${lambent.url}/_lambent/urls/${new URL(FunctionUrl).hostname.split(".")[0]}/`,
    method: "POST",
    headers,
    body: "{}",
  },
} as const satisfies Record<string, Target>;
const names = ["raw", "invoke", "url"] as const;

const figures: Figure[] = [];
for (const callers of [1, 16]) {
  const rounds: Record<(typeof names)[number], LoadResult[]> = { raw: [], invoke: [], url: [] };
  for (const name of names) await load(targets[name], { callers, requests: REQUESTS });
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of names) rounds[name].push(await load(targets[name], { callers, requests: REQUESTS }));
  const p50 = (name: (typeof names)[number]): number =>
    median(rounds[name].map(({ latenciesMs }) => percentile(latenciesMs, 0.5)));
  const perSecond = (name: (typeof names)[number]): number =>
    median(rounds[name].map(({ requestsPerSecond }) => requestsPerSecond));
  const what = `function URL, ${callers} callers`;
  const budget = callers === 1 ? { budget: { atMost: 1.5 } } : {};
  figures.push(
    { what: `${what}: p50 against Invoke`, unit: "ms", measured: p50("url"), baseline: p50("invoke"), ...budget },
    { what: `${what}: p50 against node:http`, unit: "ms", measured: p50("url"), baseline: p50("raw") },
    {
      what: `${what}: requests per second against Invoke`,
      unit: "/s",
      measured: perSecond("url"),
      baseline: perSecond("invoke"),
    },
    {
      what: `${what}: requests per second against node:http`,
      unit: "/s",
      measured: perSecond("url"),
      baseline: perSecond("raw"),
    },
  );
}
client.destroy();
process.exitCode = report("function-url", figures) ? 0 : 1;
