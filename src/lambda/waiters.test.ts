/** Goal: the SDK's waiters see a function's states pass, and are done at their first or second look. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActive,
  waitUntilFunctionActiveV2,
  waitUntilFunctionExists,
  waitUntilFunctionUpdated,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { ROLE } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

const FunctionName = "f";
type Waiter = (parameters: { client: LambdaClient; maxWaitTime: number }, input: never) => Promise<unknown>;

/** How often `waiter` asked before it was done. */
async function looks(server: Served, waiter: Waiter, input: object): Promise<number> {
  let count = 0;
  const { client } = server;
  client.middlewareStack.add(
    (next) => (args) => {
      count += 1;
      return next(args);
    },
    { step: "initialize", name: "count", override: true },
  );
  await waiter({ client, maxWaitTime: 60 }, input as never);
  client.middlewareStack.remove("count");
  return count;
}

test("CreateFunction shows Pending and UpdateFunctionConfiguration InProgress, and waiters find them done at once", async () => {
  await using server = await Served.open();
  const { client } = server;
  const created = await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: ROLE,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Code: { ZipFile: await zipOf({ "index.mjs": "export const handler = () => 1;" }) },
    }),
  );
  assert.deepEqual([created.State, created.StateReasonCode], ["Pending", "Creating"]);
  for (const waiter of [waitUntilFunctionExists, waitUntilFunctionActiveV2, waitUntilFunctionActive]) {
    assert.ok((await looks(server, waiter, { FunctionName })) <= 2, waiter.name);
  }
  const updated = await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 4 }));
  assert.deepEqual([updated.State, updated.LastUpdateStatus], ["Active", "InProgress"]);
  for (const waiter of [waitUntilFunctionUpdatedV2, waitUntilFunctionUpdated]) {
    assert.ok((await looks(server, waiter, { FunctionName })) <= 2, waiter.name);
  }
  const { Version } = await client.send(new PublishVersionCommand({ FunctionName }));
  const published = { FunctionName, Qualifier: Version };
  assert.ok((await looks(server, waitUntilPublishedVersionActive, published)) <= 2);
});
