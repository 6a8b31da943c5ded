/** Functions that call themselves through unmodified SDKs are stopped after 16 times, as on AWS. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand, LambdaClient, PutFunctionEventInvokeConfigCommand, type Runtime } from "@aws-sdk/client-lambda";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";

const IN_NODE = `import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
const client = new LambdaClient({});
export const handler = async ({ hop, InvocationType }) => {
  console.log("hop " + hop);
  const Payload = JSON.stringify({ hop: hop + 1, InvocationType });
  const FunctionName = process.env.AWS_LAMBDA_FUNCTION_NAME;
  try {
    const answer = await client.send(new InvokeCommand({ FunctionName, InvocationType, Payload }));
    return InvocationType === "Event" ? hop : JSON.parse(answer.Payload.transformToString());
  } catch (error) {
    return { hop, name: error.name, status: error.$metadata?.httpStatusCode };
  }
};`;
const IN_PYTHON = `import boto3, json, os
client = boto3.client("lambda")
def handler(event, context):
    print("hop", event["hop"])
    payload = json.dumps({**event, "hop": event["hop"] + 1})
    client.invoke(FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"], InvocationType="Event", Payload=payload)
`;
const COLLECTS = "export const handler = async (record) => console.log(JSON.stringify(record));";

let server: TestServer;
let lambda: LambdaClient;
let logs: CloudWatchLogsClient;

before(async () => {
  server = await startServer();
  lambda = new LambdaClient(clientConfiguration(server));
  logs = new CloudWatchLogsClient(clientConfiguration(server));
});

after(async () => {
  lambda?.destroy();
  logs?.destroy();
  await server?.[Symbol.asyncDispose]();
});

function create(FunctionName: string, Runtime: Runtime, files: Record<string, string>): Promise<string> {
  return createFunction(lambda, { FunctionName, Runtime, files, Timeout: 60 });
}

async function messages(functionName: string): Promise<string[]> {
  const logGroupName = `/aws/lambda/${functionName}`;
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName })).catch(() => ({ events: [] }));
  return (events ?? []).map(({ message }) => message ?? "");
}

/** The record that the function's destination got of the event that did not run any more. */
async function recordOf(
  destination: string,
): Promise<{ requestPayload: unknown; requestContext: { condition: string } }> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await wait(100)) {
    const line = (await messages(destination)).find((message) => message.includes("requestContext"));
    if (line !== undefined) return JSON.parse(line.slice(line.indexOf("{")));
  }
  throw new Error("no event was stopped");
}

async function loopsInTheBackground(name: string, runtime: Runtime, files: Record<string, string>): Promise<void> {
  const Destination = await create(`${name}-failed`, "nodejs22.x", { "index.mjs": COLLECTS });
  await create(name, runtime, files);
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: name,
      DestinationConfig: { OnFailure: { Destination } },
    }),
  );
  const Payload = JSON.stringify({ hop: 1, InvocationType: "Event" });
  await lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload }));
  const { requestPayload, requestContext } = await recordOf(`${name}-failed`);
  assert.deepEqual(requestPayload, { hop: 17, InvocationType: "Event" });
  assert.equal(requestContext.condition, "RecursiveInvocation");
  const hops = (await messages(name)).filter((message) => /\bhop \d+/.test(message));
  assert.equal(hops.length, 16, hops.join(""));
}

test("a function that invokes itself through the SDK for JavaScript gets an error in its seventeenth call", async () => {
  await create("waits", "nodejs22.x", { "index.mjs": IN_NODE });
  const Payload = JSON.stringify({ hop: 1, InvocationType: "RequestResponse" });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: "waits", Payload }));
  assert.deepEqual(JSON.parse(answer.Payload?.transformToString() ?? ""), {
    hop: 16,
    name: "RecursiveInvocationException",
    status: 400,
  });
});

test("events that a function sends itself through the SDK for JavaScript end at the destination after 16", async () => {
  await loopsInTheBackground("loops", "nodejs22.x", { "index.mjs": IN_NODE });
});

test("events that a function sends itself through boto3 end at the destination after 16", {
  timeout: 240_000,
}, async () => {
  await loopsInTheBackground("python-loops", "python3.13", { "index.py": IN_PYTHON });
});
