/** Asynchronous invocations: tries, request ids and the records that destinations get, exactly as AWS writes them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, eventually, type House, openHouse } from "./support/house.ts";

const F = `arn:aws:lambda:us-east-1:${ACCOUNT}:function`;
/** Prints the record that it gets, for the test to find in its log. */
const RECORDER = "exports.handler = async (event) => process.stdout.write(JSON.stringify(event) + '\\n');";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let house: House;

before(async () => {
  house = await openHouse();
  await house.create("records", { "index.js": RECORDER });
  await house.create("works", { "index.js": "exports.handler = async ({ n }) => ({ twice: 2 * n });" });
  await house.create("fails", { "index.js": "exports.handler = async () => { throw new Error('no'); };" });
  const Destination = `${F}:records`;
  for (const name of ["works", "fails"]) {
    const DestinationConfig = { OnSuccess: { Destination }, OnFailure: { Destination } };
    const config = { MaximumRetryAttempts: 0, DestinationConfig };
    const put = await house.send("PUT", `/2019-09-25/functions/${name}/event-invoke-config`, config);
    assert.equal(put.status, 200, put.text);
  }
});

after(() => house?.[Symbol.asyncDispose]());

async function recordOf(requestId: string | undefined): Promise<Record<string, unknown>> {
  const find = async (): Promise<string | undefined> => {
    const lines = await house.logged("records", () => true);
    return lines.find((line) => line.startsWith("{") && line.includes(`"requestId":"${requestId}"`));
  };
  const record: Record<string, unknown> = JSON.parse((await eventually(find, (line) => line !== undefined)) ?? "");
  assert.match(String(record["timestamp"]), TIME);
  return { ...record, timestamp: "" };
}

async function send(name: string, event: object): Promise<string | undefined> {
  const answer = await house.invoke(name, event, { "x-amz-invocation-type": "Event" });
  assert.deepEqual([answer.status, answer.text], [202, ""]);
  return answer.headers["x-amzn-requestid"];
}

test("success is recorded without a function error", async () => {
  const requestId = await send("works", { n: 21 });
  const record = await recordOf(requestId);
  assert.deepEqual(record, {
    version: "1.0",
    timestamp: "",
    requestContext: {
      requestId,
      functionArn: `${F}:works:$LATEST`,
      condition: "Success",
      approximateInvokeCount: 1,
    },
    requestPayload: { n: 21 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST" },
    responsePayload: { twice: 42 },
  });
  assert.deepEqual(Object.keys(record), [
    "version",
    "timestamp",
    "requestContext",
    "requestPayload",
    "responseContext",
    "responsePayload",
  ]);
});

test("without retries the first failure is the last, under the id that the caller got", async () => {
  const requestId = await send("fails", { n: 1 });
  const { responsePayload, ...record } = await recordOf(requestId);
  assert.deepEqual(record, {
    version: "1.0",
    timestamp: "",
    requestContext: {
      requestId,
      functionArn: `${F}:fails:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: 1,
    },
    requestPayload: { n: 1 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
  });
  assert.equal(Object(responsePayload)["errorMessage"], "no");
});

test("an event for a function that may not run is recorded at once, without a response", async () => {
  await house.send("PUT", "/2017-10-31/functions/works/concurrency", { ReservedConcurrentExecutions: 0 });
  const requestId = await send("works", { n: 2 });
  assert.deepEqual(await recordOf(requestId), {
    version: "1.0",
    timestamp: "",
    requestContext: {
      requestId,
      functionArn: `${F}:works:$LATEST`,
      condition: "ZeroReservedConcurrency",
      approximateInvokeCount: 0,
    },
    requestPayload: { n: 2 },
  });
});

test("an alias has settings of its own, and its record names it and the version that ran", async () => {
  await house.create("aliased", { "index.js": "exports.handler = async () => 'done';" });
  const path = "/2015-03-31/functions/aliased";
  const published = await house.send("POST", `${path}/versions`, {});
  assert.equal(published.json["Version"], "1");
  const alias = await house.send("POST", `${path}/aliases`, { Name: "live", FunctionVersion: "1" });
  assert.equal(alias.status, 201, alias.text);
  const config = { DestinationConfig: { OnSuccess: { Destination: `${F}:records` } } };
  await house.send("PUT", "/2019-09-25/functions/aliased/event-invoke-config?Qualifier=live", config);
  const requestId = await send("aliased:live", { n: 3 });
  const { requestContext, responseContext, responsePayload } = await recordOf(requestId);
  assert.equal(Object(requestContext)["functionArn"], `${F}:aliased:live`);
  assert.deepEqual(responseContext, { statusCode: 200, executedVersion: "1" });
  assert.equal(responsePayload, "done");
});

test("what asynchronous events did to a function is in its metrics", async () => {
  const page = await fetch(`${house.server.url}/_lambent/metrics`);
  const rows = (await page.text()).split("\n");
  const figure = (metric: string, name: string): number => {
    const row = rows.find((line) => line.startsWith(`${metric}{`) && line.includes(`"${name}"`));
    return Number(row?.split(" ").at(-1));
  };
  assert.equal(page.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(figure("aws_lambda_async_events_received_sum", "works"), 2);
  assert.equal(figure("aws_lambda_async_events_dropped_sum", "works"), 1);
  assert.equal(figure("aws_lambda_async_event_age_sample_count", "works"), 1);
  assert.equal(figure("aws_lambda_invocations_sum", "fails"), 1);
  assert.equal(figure("aws_lambda_errors_sum", "fails"), 1);
});
