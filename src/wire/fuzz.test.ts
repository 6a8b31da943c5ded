/**
 * Goal: no request makes the server fail, hang or show anything but a 2xx or a 4xx that it means. Method: valid requests of
 * every protocol, mutated byte by byte from a seed, sent to a real server; a handler that accepts everything; in the end
 * the log must hold no failure. A failure prints the seed and the request.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../base/testing/seeded-random.ts";
import { sendRaw, signedFor } from "./testing/raw.ts";
import { sampleServices } from "./testing/sample-services.ts";
import { serve } from "./testing/serve.ts";

const SEED = 20_261_124;
const DURATION_MS = 6_000;
const ROUNDS_MAX = 6_000;

interface Sample {
  readonly head: string;
  readonly body: Buffer;
}

function sample(line: string, service: string, headers: readonly string[], body: string | Buffer): Sample {
  const head = [`${line} HTTP/1.1`, "Host: localhost", `Authorization: ${signedFor(service)}`, ...headers].join("\r\n");
  return { head, body: Buffer.from(body) };
}

const function_ =
  '{"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{"ZipFile":"AAAA"},"Timeout":3,"Tags":{"a":"b"},"Layers":["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]}';
const cborMessage = Buffer.concat([
  Buffer.from([0xa2, 0x68]),
  Buffer.from("QueueUrl"),
  Buffer.from([0x61, 0x75, 0x6b]),
  Buffer.from("MessageBody"),
  Buffer.from([0x61, 0x62]),
]);
const FORM = "Content-Type: application/x-www-form-urlencoded";

const samples: readonly Sample[] = [
  sample("POST /2015-03-31/functions", "lambda", ["Content-Type: application/json"], function_),
  sample(
    "POST /2015-03-31/functions/f/invocations?Qualifier=1",
    "lambda",
    ["X-Amz-Log-Type: Tail"],
    '{"a":[1,2,{"b":null}]}',
  ),
  sample("GET /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af", "lambda", [], ""),
  sample(
    "POST /",
    "logs",
    ["X-Amz-Target: Logs_20140328.CreateLogGroup", "Content-Type: application/x-amz-json-1.1"],
    '{"logGroupName":"g","tags":{"a":"b"}}',
  ),
  sample(
    "POST /",
    "sts",
    [FORM],
    "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fr&RoleSessionName=s&Tags.member.1.Key=k&Tags.member.1.Value=v",
  ),
  sample(
    "POST /service/AmazonSQS/operation/SendMessage",
    "sqs",
    ["smithy-protocol: rpc-v2-cbor", "Content-Type: application/cbor"],
    cborMessage,
  ),
  sample(
    "POST /bucket?delete",
    "s3",
    [],
    "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object><Quiet>true</Quiet></Delete>",
  ),
  sample(
    "PUT /bucket/key",
    "s3",
    ["x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length: 5"],
    "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n",
  ),
];

const SPLICES = [
  "\0",
  "%",
  "%zz",
  "{",
  "[",
  "]",
  "<",
  "&",
  "=",
  ".",
  ",",
  '"',
  "\\",
  "__proto__",
  "constructor",
  "-1",
  "1e999",
  "ÿ",
  "\ud800",
  "9".repeat(30),
  "/../",
  "\t",
];

function mutate(bytes: Buffer, next: (below: number) => number): Buffer {
  let result = bytes;
  for (let count = 1 + next(4); count > 0; count--) {
    const at = next(result.length + 1);
    const kind = next(5);
    if (kind === 0)
      result = Buffer.concat([
        result.subarray(0, at),
        Buffer.from(SPLICES[next(SPLICES.length)] ?? ""),
        result.subarray(at),
      ]);
    else if (kind === 1)
      result = Buffer.concat([result.subarray(0, at), result.subarray(Math.min(result.length, at + 1 + next(8)))]);
    else if (kind === 2)
      result = Buffer.concat([result.subarray(0, at), result.subarray(next(at + 1), at), result.subarray(at)]);
    else if (kind === 3) result = result.subarray(0, at);
    else if (result.length > 0) {
      result = Buffer.from(result);
      result[Math.min(at, result.length - 1)] = next(256);
    }
  }
  return result;
}

test("mutated requests of every protocol get an answer, and never a failure", { timeout: 60_000 }, async (t) => {
  await using server = await serve(
    sampleServices(() => undefined),
    {},
    { headersTimeoutMs: 300, requestTimeoutMs: 600, connectionsCheckingIntervalMs: 100 },
  );
  const random = new SeededRandom(SEED);
  const next = (below: number): number => random.below(below);
  const statuses = new Map<number, number>();
  const until = performance.now() + DURATION_MS;
  let round = 0;
  const worker = async (): Promise<void> => {
    while (round < ROUNDS_MAX && performance.now() < until) {
      round++;
      const { head, body } = samples[next(samples.length)] ?? assert.fail();
      const inHead = next(4) === 0;
      const mutatedHead = inHead ? mutate(Buffer.from(head), next) : Buffer.from(head);
      const mutatedBody = inHead ? body : mutate(body, next);
      const length = `\r\nContent-Length: ${mutatedBody.length}\r\nConnection: close\r\n\r\n`;
      const request = Buffer.concat([mutatedHead, Buffer.from(length), mutatedBody]);
      const { status } = await sendRaw(server.port, request, 5_000).catch((error: unknown) => {
        throw new Error(`seed ${SEED}, round ${round}: ${error}\n${JSON.stringify(request.toString("latin1"))}`);
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      assert.ok(
        status < 500 || status === 501,
        `seed ${SEED}, round ${round}: ${status}\n${JSON.stringify(request.toString("latin1"))}\n${server.logLines.join("")}`,
      );
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  t.diagnostic(`${round} requests: ${JSON.stringify(Object.fromEntries(statuses))}`);
  assert.deepEqual(
    server.logLines.filter((line) => line.startsWith("error")),
    [],
  );
  assert.equal(
    (await fetch(`${server.endpoint}/2015-03-31/functions/f/invocations`, { method: "POST", body: "1" })).status,
    200,
  );
});
