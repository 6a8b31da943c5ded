/** Event streams: what a client sees of a stream that fails, and frames of requests however they are cut or broken. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as s3 from "@aws-sdk/client-s3";
import { readServiceModel } from "../schema/service-model.ts";
import { eventStreamMember } from "../schema/shape.ts";
import { serve } from "../testing/serve.ts";
import type { Handlers, Service, ServiceModule } from "../types.ts";
import { decodeEventStream, type EventBodyCodec, encodeEventStream } from "./event-stream.ts";

type TailEvents = AsyncGenerator<logs.StartLiveTailResponseStream>;

async function tail(
  events: () => TailEvents,
): Promise<{ seen: string[]; caught: unknown; logLines: readonly string[] }> {
  const handlers: Handlers<typeof logs> = { StartLiveTail: () => Promise.resolve({ responseStream: events() }) };
  const module: ServiceModule<typeof logs> = { client: logs, handlers };
  const service: Service = { name: "logs", load: () => Promise.resolve(module as ServiceModule) };
  await using server = await serve([service]);
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const client = new logs.CloudWatchLogsClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials,
    disableHostPrefix: true,
  });
  const seen: string[] = [];
  let caught: unknown;
  try {
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    const { responseStream } = await client.send(new logs.StartLiveTailCommand({ logGroupIdentifiers: [arn] }));
    for await (const event of responseStream ?? []) seen.push(...Object.keys(event));
  } catch (error) {
    caught = error;
  }
  client.destroy();
  return { seen, caught, logLines: server.logLines };
}

test("a modelled exception in a stream is thrown by the client as its class", async () => {
  const { seen, caught } = await tail(async function* () {
    yield { sessionStart: { sessionId: "s" } };
    throw new logs.SessionTimeoutException({ message: "three hours are over", $metadata: {} });
  });
  assert.deepEqual(seen, ["sessionStart"]);
  assert.ok(caught instanceof logs.SessionTimeoutException);
  assert.equal(caught.message, "three hours are over");
});

test("any other failure in a stream is thrown too, without its text", async () => {
  const { seen, caught, logLines } = await tail(async function* () {
    yield { sessionUpdate: { sessionResults: [] } };
    throw new Error("a secret");
  });
  assert.deepEqual(seen, ["sessionUpdate"]);
  assert.ok(caught instanceof Error && !caught.message.includes("a secret"));
  assert.match(logLines.join(""), /a secret/);
});

test("a stream that ends well ends the client's loop", async () => {
  const { seen, caught } = await tail(async function* () {
    yield { sessionStart: {} };
  });
  assert.deepEqual([seen, caught], [["sessionStart"], undefined]);
});

const output = readServiceModel(s3).operations.get("SelectObjectContent")?.output;
const union = output && eventStreamMember(output)?.shape;
assert.ok(union);
const streamUnion = union;
const bodies: EventBodyCodec = {
  eventContentType: "application/json",
  encodeEvent: (_shape, value) => JSON.stringify(value),
  decodeEvent: (_shape, body) => JSON.parse(body.toString("utf8")),
};

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* of(...items: readonly object[]): AsyncGenerator<object> {
  yield* items;
}

async function* cut(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function encoded(...events: readonly object[]): Promise<Buffer> {
  const describe = (thrown: unknown): never => assert.fail(String(thrown));
  return Buffer.concat(await collect(encodeEventStream(streamUnion, of(...events), bodies, describe)));
}

const decoded = (bytes: Buffer, length = 7): Promise<object[]> =>
  collect(decodeEventStream(streamUnion, cut(bytes, length), bodies));

test("frames are put together however they are cut", async () => {
  const events = [
    { Records: { Payload: Buffer.from("abc") } },
    { Stats: { Details: { BytesScanned: 1 } } },
    { End: {} },
  ];
  const bytes = await encoded(...events);
  for (const length of [1, 3, 16, bytes.length]) assert.deepEqual(await decoded(bytes, length), events);
});

const broken: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  "a length of 4 GiB": (bytes) => Buffer.concat([Buffer.from([255, 255, 255, 255]), bytes.subarray(4)]),
  "a length of zero": (bytes) => Buffer.concat([Buffer.alloc(4), bytes.subarray(4)]),
  "a wrong checksum": (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]),
  "an end inside a frame": (bytes) => bytes.subarray(0, -3),
};

for (const [title, breakIt] of Object.entries(broken)) {
  test(`${title} is a serialization error`, async () => {
    const bytes = breakIt(await encoded({ Records: { Payload: Buffer.from("abc") } }));
    await assert.rejects(decoded(bytes), { code: "SerializationException" });
  });
}
