/** aws-chunked bodies, as SDKs send them, however the network cuts them, and what is refused. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import fc from "fast-check";
import { signedFor } from "../testing/raw.ts";
import { type Seen, sampleServices } from "../testing/sample-services.ts";
import { serve } from "../testing/serve.ts";
import { AwsChunkedDecoder } from "./aws-chunked.ts";

const LINE_MAX = 256;
const SIGNATURE = `;chunk-signature=${"0".repeat(64)}`;

function encode(parts: readonly Uint8Array[], suffix: string, trailers: string): Buffer {
  const chunks = parts.map((part) =>
    Buffer.concat([Buffer.from(`${part.length.toString(16)}${suffix}\r\n`), part, Buffer.from("\r\n")]),
  );
  return Buffer.concat([...chunks, Buffer.from(`0${suffix}\r\n${trailers}\r\n`)]);
}

function decodeInPieces(
  bytes: Buffer,
  pieceLength: number,
  expected?: number,
): { body: string; trailers: ReadonlyMap<string, string> } {
  const decoder = new AwsChunkedDecoder(LINE_MAX, expected);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength)
    out.push(...decoder.push(bytes.subarray(at, at + pieceLength)));
  decoder.end();
  return { body: Buffer.concat(out).toString("latin1"), trailers: decoder.trailers };
}

test("content comes out whole, wherever the bytes are cut", () => {
  const part = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.boolean(),
      (parts, pieceLength, isSigned) => {
        const content = Buffer.concat(parts);
        const bytes = encode(parts, isSigned ? SIGNATURE : "", "x-amz-checksum-crc32:AAAA\r\n");
        const { body, trailers } = decodeInPieces(bytes, pieceLength, content.length);
        assert.equal(body, content.toString("latin1"));
        assert.equal(trailers.get("x-amz-checksum-crc32"), "AAAA");
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

const refused: readonly (readonly [title: string, bytes: string])[] = [
  ["a size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a size of a hundred digits", `${"f".repeat(100)}\r\n`],
  ["a negative size", "-1\r\n"],
  ["a chunk longer than its size", "2\r\nabc\r\n0\r\n\r\n"],
  ["a body that ends inside a chunk", "5\r\nab"],
  ["a body that ends before the last chunk", "2\r\nab\r\n"],
  ["a line without end", "a".repeat(LINE_MAX + 1)],
  ["a trailer that is none", "0\r\nnothing\r\n\r\n"],
  ["nothing at all", ""],
];

for (const [title, bytes] of refused) {
  test(`${title} is an incomplete body`, () => {
    assert.throws(() => decodeInPieces(Buffer.from(bytes), 7), { code: "IncompleteBody" });
  });
}

test("content of another length than announced is an incomplete body", () => {
  assert.throws(() => decodeInPieces(encode([Buffer.from("abc")], "", ""), 100, 4), { code: "IncompleteBody" });
});

function put(port: number, body: Buffer, decodedLength: number): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: signedFor("s3"),
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": String(decodedLength),
    "content-encoding": "aws-chunked,gzip",
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, method: "PUT", path: "/bucket/key", agent: false, headers },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

test("a streamed upload reaches the handler decoded, with the content's own length and coding", async () => {
  const seen: Seen[] = [];
  await using server = await serve(sampleServices((call) => void seen.push(call)));
  assert.equal(
    (await put(server.port, encode([Buffer.from("hello "), Buffer.from("world")], SIGNATURE, ""), 11)).status,
    200,
  );
  assert.deepEqual(seen[0]?.input, {
    Bucket: "bucket",
    Key: "key",
    ContentLength: 11,
    ContentEncoding: "gzip",
    Body: "hello world",
  });
});

test("a broken upload is the client's error, told in S3's form", async () => {
  await using server = await serve(sampleServices(() => undefined));
  const { status, text } = await put(server.port, Buffer.from("zz\r\nhello"), 5);
  assert.equal(status, 400);
  assert.match(text, /<Error><Code>IncompleteBody<\/Code>.*<RequestId>.*<HostId>/);
});
