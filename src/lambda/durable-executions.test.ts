import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CheckpointDurableExecutionCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  GetDurableExecutionStateCommand,
  ListDurableExecutionsByFunctionCommand,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from "@aws-sdk/client-lambda";
import { ARN } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";

const DurableExecutionArn = `${ARN("f")}:1/durable-execution/order-1/0123456789abcdef`;

test("a durable execution that does not exist is not found, and a token that was never given out is no token", async () => {
  await using server = await Served.open();
  const { client } = server;
  const missing = { name: "ResourceNotFoundException" };
  await assert.rejects(client.send(new GetDurableExecutionCommand({ DurableExecutionArn })), missing);
  await assert.rejects(client.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn })), missing);
  await assert.rejects(client.send(new StopDurableExecutionCommand({ DurableExecutionArn })), missing);
  const CallbackId = "YWJj";
  await assert.rejects(client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId })), missing);
  await assert.rejects(client.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId })), missing);
  await assert.rejects(client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId })), missing);
  const stale = { name: "InvalidParameterValueException", message: /^Invalid Checkpoint Token/ };
  const token = { DurableExecutionArn, CheckpointToken: "YWJj" };
  await assert.rejects(client.send(new GetDurableExecutionStateCommand(token)), stale);
  await assert.rejects(client.send(new CheckpointDurableExecutionCommand(token)), stale);
});

test("ListDurableExecutionsByFunction of a function that has none is empty, of a missing one not found", async () => {
  await using server = await Served.open();
  await server.lambda.create("f", "export const handler = () => 1;", { DurableConfig: { ExecutionTimeout: 60 } });
  const list = (FunctionName: string) =>
    server.client.send(new ListDurableExecutionsByFunctionCommand({ FunctionName }));
  assert.deepEqual((await list("f")).DurableExecutions, []);
  await assert.rejects(list("none"), { name: "ResourceNotFoundException" });
});

test("DurableConfig is shown with its default retention, changed, and never added", async () => {
  await using server = await Served.open();
  const { lambda } = server;
  const created = await lambda.create("f", "", { DurableConfig: { ExecutionTimeout: 60 } });
  assert.deepEqual(created.DurableConfig, { ExecutionTimeout: 60, RetentionPeriodInDays: 14 });
  const change = (FunctionName: string) =>
    lambda.call("UpdateFunctionConfiguration", {
      FunctionName,
      DurableConfig: { ExecutionTimeout: 90, RetentionPeriodInDays: 1 },
    });
  assert.deepEqual((await change("f")).DurableConfig, { ExecutionTimeout: 90, RetentionPeriodInDays: 1 });
  await lambda.create("plain", "");
  await assert.rejects(change("plain"), { name: "InvalidParameterValueException" });
});
