/** Provisioned concurrency on a real server: ready before the first call, and again after the server was killed. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  LambdaClient,
  PutProvisionedConcurrencyConfigCommand,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { until } from "../src/base/testing/until.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const SOURCE = `const loadedAt = Date.now();
export const handler = async () => ({ type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, loadedAt });`;
const TARGET = { FunctionName: "f", Qualifier: "1" };

function clientOf(server: TestServer): LambdaClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials });
}

async function untilReady(client: LambdaClient): Promise<void> {
  const ready = await until("it is ready", async () => {
    const config = await client.send(new GetProvisionedConcurrencyConfigCommand(TARGET));
    if (config.Status === "READY") return config;
    assert.equal(`${config.Status} ${config.StatusReason ?? ""}`, "IN_PROGRESS ");
    return undefined;
  });
  assert.equal(ready.AvailableProvisionedConcurrentExecutions, 2);
}

/** Two calls at once run on environments that were there before the calls. */
async function assertProvisioned(client: LambdaClient): Promise<void> {
  const before = Date.now();
  const call = async (): Promise<{ type: string; loadedAt: number }> =>
    JSON.parse((await client.send(new InvokeCommand(TARGET))).Payload?.transformToString() ?? "");
  for (const { type, loadedAt } of await Promise.all([call(), call()])) {
    assert.equal(type, "provisioned-concurrency");
    assert.ok(loadedAt <= before);
  }
}

/** The metrics of two calls, as CloudWatch has them. */
async function assertMeasured(server: TestServer): Promise<void> {
  const rows = await until("both calls are measured", async () => {
    const page = await (await fetch(`${server.url}/_lambent/metrics`)).text();
    const lines = page.split("\n").filter((line) => line.includes('resource="f:1"'));
    return (
      lines.some(
        (line) => line.startsWith("aws_lambda_provisioned_concurrency_invocations_sum{") && line.endsWith(" 2"),
      ) && lines
    );
  });
  const figure = (metric: string): number =>
    Number(
      rows
        .find((line) => line.startsWith(`aws_lambda_${metric}{`))
        ?.split(" ")
        .at(-1),
    );
  const most = figure("provisioned_concurrent_executions_maximum");
  assert.ok(most === 1 || most === 2, `${most} at once`);
  assert.equal(figure("provisioned_concurrency_utilization_maximum"), most / 2);
  assert.equal(figure("provisioned_concurrency_spillover_invocations_sum"), Number.NaN);
}

test("provisioned environments are there before the first call, and again after kill -9 of the server", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "lambent-test-"));
  try {
    await using first = await startServer({ dataFolder });
    const client = clientOf(first);
    await client.send(
      new CreateFunctionCommand({
        FunctionName: "f",
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/lambda",
        Code: { ZipFile: await zip({ "index.mjs": SOURCE }) },
        Publish: true,
      }),
    );
    await waitUntilPublishedVersionActive({ client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 }, TARGET);
    await client.send(new PutProvisionedConcurrencyConfigCommand({ ...TARGET, ProvisionedConcurrentExecutions: 2 }));
    await untilReady(client);
    await assertProvisioned(client);
    await assertMeasured(first);
    client.destroy();
    await first.crash();
    await using second = await startServer({ dataFolder });
    const again = clientOf(second);
    await untilReady(again);
    await assertProvisioned(again);
    await again.send(new DeleteProvisionedConcurrencyConfigCommand(TARGET));
    const { Payload } = await again.send(new InvokeCommand(TARGET));
    assert.equal(JSON.parse(Payload?.transformToString() ?? "").type, "on-demand");
    again.destroy();
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
});
