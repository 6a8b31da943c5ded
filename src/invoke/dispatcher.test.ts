import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../base/testing/until.ts";
import { ARN, Harness } from "../lambda/testing/harness.ts";
import { zipOf } from "../lambda/testing/zips.ts";

/** A function that runs until the test opens its gate. */
async function gated(lambda: Harness, name: string): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.assign(globalThis, { [`gate_${name}`]: promise });
  await lambda.create(name, `export const handler = () => globalThis.gate_${name};`);
  return resolve;
}

test("a function runs no more often at once than it has reserved, and what ended makes room", async () => {
  await using lambda = await Harness.open();
  const open = await gated(lambda, "two");
  await lambda.call("PutFunctionConcurrency", { FunctionName: "two", ReservedConcurrentExecutions: 2 });
  const running = [lambda.invoke("two"), lambda.invoke("two")];
  await until("both run", () => lambda.environments.invoked.length >= 2);
  await assert.rejects(lambda.invoke("two"), {
    name: "TooManyRequestsException",
    message: "Rate Exceeded.",
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
  });
  open();
  await Promise.all(running);
  await lambda.invoke("two");
});

test("functions without a reservation share what the reservations leave of the account", async () => {
  await using lambda = await Harness.open({
    room: { quotas: { concurrentExecutions: 102 } },
    router: { accountConcurrency: 102 },
  });
  const open = await gated(lambda, "shares");
  await lambda.create("reserved", "export const handler = () => 1;");
  await lambda.call("PutFunctionConcurrency", { FunctionName: "reserved", ReservedConcurrentExecutions: 2 });
  const running = Array.from({ length: 100 }, () => lambda.invoke("shares"));
  await until("a hundred run", () => lambda.environments.invoked.length >= 100);
  await assert.rejects(lambda.invoke("shares"), { Reason: "ConcurrentInvocationLimitExceeded" });
  assert.equal(await lambda.invoke("reserved"), 1);
  open();
  await Promise.all(running);
});

test("a function that works on after its answer holds its slot until it is done", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", "export const handler = () => 1;");
  await lambda.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  lambda.environments.working = promise;
  assert.equal(await lambda.invoke("f"), 1);
  await assert.rejects(lambda.invoke("f"), { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" });
  lambda.environments.working = undefined;
  resolve();
  assert.equal(await lambda.invoke("f"), 1);
  assert.equal(await lambda.invoke("f"), 1);
});

test("a slot is given back when the function fails", async () => {
  await using lambda = await Harness.open();
  await lambda.create("fails", "export const handler = () => { throw new Error('no'); };");
  await lambda.call("PutFunctionConcurrency", { FunctionName: "fails", ReservedConcurrentExecutions: 1 });
  for (let times = 0; times < 5; times += 1) await lambda.invoke("fails");
});

test("an invocation that the machine has no memory for is throttled as on AWS, and its slot is free again", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", "export const handler = () => 1;");
  await lambda.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 1 });
  lambda.environments.hasMemory = false;
  for (let times = 0; times < 3; times += 1) {
    await assert.rejects(lambda.invoke("f"), {
      name: "TooManyRequestsException",
      message: "Rate Exceeded.",
      Reason: "ConcurrentInvocationLimitExceeded",
    });
  }
  lambda.environments.hasMemory = true;
  assert.equal(await lambda.invoke("f"), 1);
});

test("environments hear of every revision that is replaced, and of code that was deployed", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", "export const handler = () => 1;");
  await lambda.invoke("f");
  const first = lambda.environments.invoked.at(-1)?.version.revisionId;
  assert.equal(lambda.environments.expected.at(-1)?.revisionId, first);
  const ZipFile = await zipOf({ "index.mjs": "export const handler = () => 2;" });
  await lambda.call("UpdateFunctionCode", { FunctionName: "f", ZipFile });
  const retired = lambda.environments.retired.at(-1);
  assert.equal(retired?.functionArn, ARN("f"));
  assert.ok(!retired.revisions.includes(String(first)));
  const told = lambda.environments.retired.length;
  await lambda.call("TagResource", { Resource: ARN("f"), Tags: { a: "b" } });
  assert.deepEqual(lambda.environments.retired.at(-1)?.revisions, retired.revisions);
  assert.ok(lambda.environments.retired.length > told);
  assert.equal(lambda.environments.expected.length, 2);
});

test("the client context reaches the function as JSON, and a wrong one is refused", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", "export const handler = (event, { request }) => JSON.parse(request.clientContext);");
  const invoke = async (ClientContext: string): Promise<string> => {
    const { Payload } = await lambda.call("Invoke", { FunctionName: "f", ClientContext });
    return Payload instanceof Uint8Array ? Buffer.from(Payload).toString() : String(Payload);
  };
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  assert.equal(await invoke(encode('{"custom":{"a":1}}')), '{"custom":{"a":1}}');
  for (const wrong of [encode("no json"), encode("[1]"), "not base64!"]) {
    await assert.rejects(invoke(wrong), {
      name: "InvalidRequestContentException",
      message: "Client context must be a valid Base64-encoded JSON object.",
    });
  }
  await assert.rejects(invoke(encode(`{"a":"${"x".repeat(3000)}"}`)), { name: "InvalidRequestContentException" });
});

test("payloads past the limits are refused before they reach the function", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", "export const handler = (event) => event.length;");
  await assert.rejects(lambda.invoke("f", "x".repeat(6_291_455)), {
    name: "ServiceError",
    code: "RequestEntityTooLargeException",
    message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
  });
  assert.equal(await lambda.invoke("f", "x".repeat(6_291_454)), 6_291_454);
});
