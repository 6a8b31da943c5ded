/**
 * Records and dead letters in other services. Goal: what Lambda sends to SQS, SNS, EventBridge and S3 is what AWS sends, in
 * the role's name, and what cannot be delivered is counted and harms nothing else. Method: a real server, the SDK, and a
 * server that speaks those services' protocols.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import {
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { until } from "../src/base/testing/until.ts";
import { type AwsServices, type Received, startAwsServices } from "./support/aws-services.ts";
import { createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";

const PLACE = "us-east-1:000000000000";
const SQS = (name: string): string => `arn:aws:sqs:${PLACE}:${name}`;
const SNS = (name: string): string => `arn:aws:sns:${PLACE}:${name}`;
const BUS = (name: string): string => `arn:aws:events:${PLACE}:event-bus/${name}`;
const FUNCTION = (name: string): string => `arn:aws:lambda:${PLACE}:function:${name}`;
const HANDLER = `export const handler = async (event) => {
  if (event.fail) throw new Error(event.fail);
  return event.answer ?? null;
};`;

let aws: AwsServices;
let server: TestServer;
let client: LambdaClient;

before(async () => {
  aws = await startAwsServices();
  server = await startServer({ args: aws.args });
  client = clientOf(server);
});

after(async () => {
  client?.destroy();
  await server?.[Symbol.asyncDispose]();
  await aws?.[Symbol.asyncDispose]();
});

function clientOf({ url }: TestServer): LambdaClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new LambdaClient({ endpoint: url, region: "us-east-1", credentials });
}

async function create(
  FunctionName: string,
  targets: { readonly success?: string; readonly failure?: string; readonly deadLetter?: string },
  lambda: LambdaClient = client,
): Promise<void> {
  await createFunction(lambda, {
    FunctionName,
    Runtime: "nodejs26.x",
    Role: "arn:aws:iam::000000000000:role/sender",
    files: { "index.mjs": HANDLER },
    ...(targets.deadLetter !== undefined && { DeadLetterConfig: { TargetArn: targets.deadLetter } }),
  });
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      MaximumRetryAttempts: 0,
      DestinationConfig: {
        ...(targets.success !== undefined && { OnSuccess: { Destination: targets.success } }),
        ...(targets.failure !== undefined && { OnFailure: { Destination: targets.failure } }),
      },
    }),
  );
}

/** Invokes asynchronously; the request id. */
async function send(FunctionName: string, event: object, lambda: LambdaClient = client): Promise<string> {
  const Payload = Buffer.from(JSON.stringify(event));
  const { $metadata, StatusCode } = await lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }),
  );
  assert.equal(StatusCode, 202);
  return $metadata.requestId ?? "";
}

const arrived = (to: string): Promise<Received> =>
  until(`something arrives at ${to}`, () => aws.received.find((item) => item.to === to));

async function counted(metric: string, name: string, { url } = server): Promise<number> {
  const page = await (await fetch(`${url}/_lambent/metrics`)).text();
  const line = page.split("\n").find((row) => row.startsWith(`aws_lambda_${metric}{`) && row.includes(`"${name}"`));
  return Number(line?.split(" ").at(-1) ?? 0);
}

/** The record as AWS writes it, but for its time. */
function expectedRecord(name: string, requestId: string, event: object, outcome: "good" | "bad"): object {
  return {
    version: "1.0",
    timestamp: "",
    requestContext: {
      requestId,
      functionArn: `${FUNCTION(name)}:$LATEST`,
      condition: outcome === "good" ? "Success" : "RetriesExhausted",
      approximateInvokeCount: 1,
    },
    requestPayload: event,
    responseContext: {
      statusCode: 200,
      executedVersion: "$LATEST",
      ...(outcome === "bad" && { functionError: "Unhandled" }),
    },
  };
}

function readRecord({ body }: Received): { readonly record: object; readonly responsePayload: unknown } {
  const { responsePayload, timestamp, ...record } = JSON.parse(body);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return { record: { ...record, timestamp: "" }, responsePayload };
}

suite("destinations", () => {
  test("a queue gets the record as its message, with the trace, in the name of the function's role", async () => {
    await create("to-queue", { success: SQS("records") });
    const event = { answer: { n: 1 } };
    const requestId = await send("to-queue", event);
    const item = await arrived("records");
    const { record, responsePayload } = readRecord(item);
    assert.deepEqual(record, expectedRecord("to-queue", requestId, event, "good"));
    assert.deepEqual(responsePayload, { n: 1 });
    const { QueueUrl, MessageAttributes, MessageSystemAttributes } = Object(item.input);
    assert.equal(new URL(QueueUrl).pathname, "/000000000000/records");
    assert.equal(MessageAttributes, undefined);
    assert.match(MessageSystemAttributes.AWSTraceHeader.StringValue, /^Root=1-.*;Lineage=/);
    assert.match(item.call.principal.accessKeyId ?? "", /^ASIA/);
    await send("to-queue", { answer: "again" });
    await until("it comes again", () => aws.received.find(({ body }) => body.includes('"again"')));
    assert.equal(aws.received.filter(({ to }) => to === "records").length, 2, "each record came once");
  });

  test("a topic gets the record as its message, with the trace", async () => {
    await create("to-topic", { failure: SNS("records-topic") });
    const event = { fail: "no" };
    const requestId = await send("to-topic", event);
    const item = await arrived("records-topic");
    const { record, responsePayload } = readRecord(item);
    assert.match(item.call.header("x-amzn-trace-id") ?? "", /^Root=1-.*;Lineage=/);
    assert.deepEqual(record, expectedRecord("to-topic", requestId, event, "bad"));
    assert.equal(Object(responsePayload).errorMessage, "no");
  });

  test("a bus gets an event whose detail is the record, with function and bus as resources", async () => {
    await create("to-bus", { success: BUS("good"), failure: BUS("bad") });
    for (const outcome of ["good", "bad"] as const) {
      const event = outcome === "good" ? { answer: 1 } : { fail: "no" };
      const requestId = await send("to-bus", event);
      const item = await arrived(outcome);
      assert.deepEqual(readRecord(item).record, expectedRecord("to-bus", requestId, event, outcome));
      const { Detail: _body, TraceHeader, ...entry } = Object(item.input).Entries[0];
      assert.match(TraceHeader, /^Root=1-/);
      assert.deepEqual(entry, {
        EventBusName: BUS(outcome),
        Source: "lambda",
        DetailType: `Lambda Function Invocation Result - ${outcome === "good" ? "Success" : "Failure"}`,
        Resources: [BUS(outcome), `${FUNCTION("to-bus")}:$LATEST`],
      });
    }
  });

  test("a bucket gets the record of a failure as an object under Lambda's own name for it", async () => {
    await create("to-bucket", { failure: "arn:aws:s3:::bucket" });
    const event = { fail: "no", text: "ü" };
    const requestId = await send("to-bucket", event);
    const item = await until("the object is put", () => aws.received.find(({ service }) => service === "s3"));
    assert.deepEqual(readRecord(item).record, expectedRecord("to-bucket", requestId, event, "bad"));
    assert.match(
      item.to,
      /^bucket\/aws\/lambda\/async\/to-bucket\/(\d{4})\/(\d\d)\/(\d\d)\/\1-\2-\3T\d\d\.\d\d\.\d\d-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
  });
});

suite("dead-letter queues", () => {
  test("a queue gets the event as it was, and the error as attributes, beside the failure's destination", async () => {
    await create("dead", { deadLetter: SQS("dead-letters"), failure: SQS("dead-records") });
    const event = { fail: `${"x".repeat(1023)}üü` };
    const requestId = await send("dead", event);
    const item = await arrived("dead-letters");
    assert.deepEqual(JSON.parse(item.body), event);
    const { MessageAttributes, MessageSystemAttributes } = Object(item.input);
    assert.deepEqual(MessageAttributes, {
      RequestID: { DataType: "String", StringValue: requestId },
      ErrorCode: { DataType: "Number", StringValue: "200" },
      ErrorMessage: { DataType: "String", StringValue: "x".repeat(1023) },
    });
    assert.match(MessageSystemAttributes.AWSTraceHeader.StringValue, /^Root=1-/);
    await arrived("dead-records");
    assert.equal(await counted("async_events_dropped_sum", "dead"), 1);
  });

  test("a topic gets an event that may not run at once, with the status of the refusal", async () => {
    await create("off", { deadLetter: SNS("dead-topic"), failure: SNS("dead-topic-records") });
    await client.send(new PutFunctionConcurrencyCommand({ FunctionName: "off", ReservedConcurrentExecutions: 0 }));
    const requestId = await send("off", { n: 1 });
    const { body, input } = await arrived("dead-topic");
    assert.deepEqual(JSON.parse(body), { n: 1 });
    assert.deepEqual(Object(input).MessageAttributes, {
      RequestID: { DataType: "String", StringValue: requestId },
      ErrorCode: { DataType: "Number", StringValue: "429" },
      ErrorMessage: { DataType: "String", StringValue: "Rate Exceeded." },
    });
    const record = JSON.parse((await arrived("dead-topic-records")).body);
    assert.equal(record.requestContext.condition, "ZeroReservedConcurrency");
    assert.ok(!("responseContext" in record) && !("responsePayload" in record));
  });
});

suite("what cannot be delivered", () => {
  test("a target that is not there is counted and told in the log, and other targets get theirs", async () => {
    await create("lost", { deadLetter: SQS("missing"), failure: BUS("missing") });
    await create("found", { failure: SQS("found") });
    const requestId = await send("lost", { fail: "no" });
    await send("found", { fail: "no" });
    await arrived("found");
    await until("the dead letter is counted", async () => (await counted("dead_letter_errors_sum", "lost")) === 1);
    await until(
      "the record is counted",
      async () => (await counted("destination_delivery_failures_sum", "lost")) === 1,
    );
    const lines = server.output().split("\n");
    for (const target of [SQS("missing"), BUS("missing")]) {
      assert.ok(lines.some((line) => line.includes(target) && line.includes(requestId)));
    }
  });

  test("a service that is busy or fails gets the record when it answers again", async () => {
    await create("later", { success: SQS("later") });
    let refusals = 0;
    aws.before = ({ to }) => {
      if (to !== "later" || refusals >= 1) return;
      refusals += 1;
      throw new Error("the service fails");
    };
    await send("later", { answer: 1 });
    await arrived("later");
    assert.equal(refusals, 1);
    assert.equal(await counted("destination_delivery_failures_sum", "later"), 0);
  });

  test("a record on its way when the server dies is delivered by the next, without a further invocation", async () => {
    const first = await startServer({ args: aws.args });
    const { promise: stuck, resolve: reached } = Promise.withResolvers<void>();
    aws.before = async ({ to }) => {
      if (to !== "survives") return;
      reached();
      await new Promise(() => undefined);
    };
    const lambda = clientOf(first);
    await create("survives", { success: SQS("survives") }, lambda);
    const requestId = await send("survives", { answer: 7 }, lambda);
    await stuck;
    await first.crash();
    lambda.destroy();
    aws.before = () => undefined;
    await using second = await startServer({ args: aws.args, dataFolder: first.dataFolder });
    const { record, responsePayload } = readRecord(await arrived("survives"));
    assert.deepEqual(record, expectedRecord("survives", requestId, { answer: 7 }, "good"));
    assert.equal(responsePayload, 7);
    assert.equal(await counted("invocations_sum", "survives", second), 0);
    await second.stop();
    await rm(first.dataFolder, { recursive: true });
  });

  test("without the service the delivery fails, as it does on AWS when the target is gone", async () => {
    await using alone = await startServer({ args: ["--service-endpoint", `sns=${aws.url}`] });
    const lambda = clientOf(alone);
    await create("alone", { success: SQS("nowhere") }, lambda);
    await send("alone", { answer: 1 }, lambda);
    await until("the log tells of it", () => alone.output().includes(SQS("nowhere")));
    const status: unknown = await (await fetch(`${alone.url}/_lambent/status`)).json();
    assert.deepEqual(Object(status).serviceEndpoints, { sns: aws.url });
    lambda.destroy();
  });
});
