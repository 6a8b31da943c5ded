/** A server that makes nothing ahead runs functions all the same, and between them has nothing but their environments. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { startServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

test("with --no-spares no sandbox waits, neither before nor after a function has run", async () => {
  await using server = await startServer({ args: ["--no-spares"] });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials });
  const states = async (): Promise<unknown[]> => {
    const status: { environments: { state: string }[] } = JSON.parse(
      await (await fetch(`${server.url}/_lambent/status`)).text(),
    );
    return status.environments.map(({ state }) => state);
  };
  const FunctionName = "alone";
  const create = new CreateFunctionCommand({
    FunctionName,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: "arn:aws:iam::000000000000:role/tester",
    Code: { ZipFile: await zip({ "index.mjs": "export const handler = async () => 'hello';" }) },
  });
  await client.send(create);
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 }, { FunctionName });
  assert.deepEqual(await states(), []);
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  assert.equal(Buffer.from(Payload ?? []).toString(), '"hello"');
  const after = await states();
  assert.ok(after.length === 1 && after[0] !== "waiting", String(after));
  client.destroy();
});
