/**
 * What was accepted happens. Goal: of the asynchronous events that a server answered with 202, none is lost by `kill -9` at
 * any moment, and each reaches its function and its destination at least once. Method: a client sends as fast as it can
 * while the server is killed fifty times at moments that a seed chooses; records go to a queue in this process, which
 * holds them against the answers.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { InvokeCommand, LambdaClient, PutFunctionEventInvokeConfigCommand } from "@aws-sdk/client-lambda";
import { SeededRandom } from "../src/base/testing/seeded-random.ts";
import { seedOf } from "../src/store/testing/store-under-test.ts";
import { type AwsServices, startAwsServices } from "./support/aws-services.ts";
import { createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";

const KILLS = 50;
const SENDERS = 4;
/** A server lives at most this long after it is ready, and at least until it took an event. */
const LIFE_MS_MAX = 250;
const FunctionName = "survivor";
const HANDLER = `export const handler = async ({ mark, fails }) => {
  if (fails) throw new Error(mark);
  return mark;
};`;

test(`${KILLS} kills at any moment lose no event and no record of one`, { timeout: 300_000 }, async (t) => {
  const random = new SeededRandom(seedOf(t));
  const dataFolder = await mkdtemp(join(tmpdir(), "lambent-async-durability-"));
  await using aws = await startAwsServices();
  const accepted = new Set<string>();
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const server = await startServer({ dataFolder, args: aws.args });
      const client = clientOf(server);
      if (kill === 0) await create(client);
      const before = accepted.size;
      const senders = Array.from({ length: SENDERS }, (_, sender) => send(client, `${kill}-${sender}`, accepted));
      const ended = Promise.allSettled(senders);
      const life = random.below(LIFE_MS_MAX);
      while (accepted.size === before) await wait(1);
      await wait(life);
      await server.crash();
      assert.ok(
        (await ended).every(({ status }) => status === "rejected"),
        "the senders end with the server",
      );
      client.destroy();
    }
    await using _last = await startServer({ dataFolder, args: aws.args });
    await everyRecord(aws, accepted);
    const twice = aws.received.length - new Set(marks(aws)).size;
    t.diagnostic(`${accepted.size} events accepted, ${twice} records came more than once`);
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
});

function clientOf({ url }: TestServer): LambdaClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new LambdaClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
}

async function create(client: LambdaClient): Promise<void> {
  await createFunction(client, { FunctionName, Runtime: "nodejs26.x", files: { "index.mjs": HANDLER } });
  const Destination = "arn:aws:sqs:us-east-1:000000000000:records";
  await client.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination }, OnFailure: { Destination } },
    }),
  );
}

/** Sends event after event and notes what was accepted, until the server is gone. */
async function send(client: LambdaClient, name: string, accepted: Set<string>): Promise<never> {
  for (let index = 0; ; index += 1) {
    const mark = `${name}-${index}`;
    const Payload = Buffer.from(JSON.stringify({ mark, fails: index % 4 === 3 }));
    await client.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }));
    accepted.add(mark);
  }
}

/** Waits until there is a record of every accepted event. */
async function everyRecord(aws: AwsServices, accepted: ReadonlySet<string>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const told = new Set(marks(aws));
    const missing = [...accepted].filter((mark) => !told.has(mark));
    if (missing.length === 0) return;
    assert.ok(
      performance.now() < deadline,
      `${missing.length} of ${accepted.size} events are lost: ${missing.slice(0, 9)}`,
    );
    await wait(50);
  }
}

function marks(aws: AwsServices): string[] {
  return aws.received.map(({ body }) => {
    const record: { readonly requestPayload: { readonly mark: string } } = JSON.parse(body);
    return record.requestPayload.mark;
  });
}
