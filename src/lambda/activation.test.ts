import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../base/index.ts";
import { Harness } from "./testing/harness.ts";

const missing = async (runtime: string): Promise<void> => {
  if (runtime !== "python3.9") return;
  throw new UserError("no-interpreter", "There is no Python 3.9 here.", { nextStep: "Install it with uv." });
};

test("a function whose runtime cannot be provided is Failed, says why, and is not invoked", async () => {
  await using lambda = await Harness.open({ room: { checkRuntime: missing } });
  const created = await lambda.create("old", "", { Runtime: "python3.9" });
  assert.equal(created.State, "Pending");
  const shown = await lambda.call("GetFunctionConfiguration", { FunctionName: "old" });
  assert.equal(shown.State, "Failed");
  assert.equal(shown.StateReason, "There is no Python 3.9 here. Install it with uv.");
  assert.equal(shown.StateReasonCode, "InvalidRuntime");
  await assert.rejects(lambda.invoke("old"), {
    name: "ResourceConflictException",
    message:
      /^The operation cannot be performed at this time. The function is currently in the following state: Failed/,
  });
});

test("an update that fails leaves the function running what it ran before", async () => {
  await using lambda = await Harness.open({ room: { checkRuntime: missing } });
  await lambda.create("good", "export const handler = () => 'before';");
  const update = (Runtime: "python3.9" | "nodejs24.x") =>
    lambda.call("UpdateFunctionConfiguration", { FunctionName: "good", Runtime });
  await update("python3.9");
  const shown = await lambda.call("GetFunctionConfiguration", { FunctionName: "good" });
  assert.equal(shown.State, "Active");
  assert.equal(shown.LastUpdateStatus, "Failed");
  assert.equal(shown.LastUpdateStatusReasonCode, "InvalidRuntime");
  assert.equal(await lambda.invoke("good"), "before");
  assert.equal(lambda.environments.invoked.at(-1)?.version.runtime, "nodejs22.x");
  await update("nodejs24.x");
  await lambda.invoke("good");
  assert.equal(lambda.environments.invoked.at(-1)?.version.runtime, "nodejs24.x");
});

test("while a function is being created it is Pending, cannot be updated, and an invocation waits for it", async () => {
  const gate = Promise.withResolvers<void>();
  await using lambda = await Harness.open({ room: { checkRuntime: () => gate.promise } });
  const creating = lambda.create("slow", "export const handler = () => 'ready';");
  while ((await lambda.call("ListFunctions", {})).Functions?.length === 0) await new Promise(setImmediate);
  const shown = await lambda.call("GetFunctionConfiguration", { FunctionName: "slow" });
  assert.equal(shown.State, "Pending");
  await assert.rejects(lambda.call("UpdateFunctionConfiguration", { FunctionName: "slow", Timeout: 5 }), {
    name: "ResourceConflictException",
    message:
      "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:000000000000:function:slow",
  });
  const invoking = lambda.invoke("slow");
  gate.resolve();
  assert.equal(await invoking, "ready");
  assert.equal((await creating).State, "Pending");
});

test("a function that a killed server left Pending becomes Active at the next start", async () => {
  await using lambda = await Harness.open();
  await lambda.create("half", "export const handler = () => 1;");
  const key = "lambda/functions/head/000000000000/us-east-1/half";
  const entry = await lambda.store.records.get(key);
  const text = JSON.stringify(entry?.value).replace('"state":{"name":"Active"}', '"state":{"name":"Pending"}');
  await lambda.store.records.put(key, JSON.parse(text));
  await lambda.restart();
  assert.equal(await lambda.invoke("half"), 1);
});
