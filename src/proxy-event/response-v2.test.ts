import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { test } from "node:test";
import fc from "fast-check";
import { HttpPrelude, type ProxyHead, responseV2 } from "./index.ts";

function responseOf(result: unknown): ReturnType<typeof responseV2> {
  return responseV2(Buffer.from(typeof result === "string" ? result : JSON.stringify(result)));
}

function shown(result: unknown): { status: number; headers: ProxyHead["headers"]; body: string } | undefined {
  const response = responseOf(result);
  return response && { ...response, body: Buffer.from(response.body).toString() };
}

const JSON_HEADERS = [["Content-Type", "application/json"]];

test("a result without a status code is the body of a 200, a string without its quotes", () => {
  const plain = {
    '{"a": 1}': '{"a": 1}',
    '["hello",3,true]': '["hello",3,true]',
    '"hi"': "hi",
    "5": "5",
    null: "null",
  };
  for (const [result, body] of Object.entries(plain))
    assert.deepEqual(shown(result), { status: 200, headers: JSON_HEADERS, body }, result);
  assert.equal(shown("")?.body, "");
});

test("an object with a status code gives status, headers, cookies and body", () => {
  const cookies = ["a=1; Path=/", "b=2"];
  assert.deepEqual(
    shown({ statusCode: 201, headers: { "x-y": "a", "X-Y": "z", n: 5, absent: null }, cookies, body: "ä" }),
    {
      status: 201,
      headers: [
        ["X-Y", "z"],
        ["n", "5"],
        ["Content-Type", "application/json"],
        ["set-cookie", "a=1; Path=/"],
        ["set-cookie", "b=2"],
      ],
      body: "ä",
    },
  );
  assert.deepEqual(shown({ statusCode: "404" }), { status: 404, headers: JSON_HEADERS, body: "" });
  assert.equal(shown({ statusCode: 200, body: "aGk=", isBase64Encoded: true })?.body, "hi");
  assert.equal(
    shown('{"statusCode": 200, "body": {"hello": "world"}}')?.body,
    '{"hello": "world"}',
    "as it was printed",
  );
});

const malformed: readonly unknown[] = [
  ...["{", "undefined"],
  ...[99, 199, 600, 200.5, "abc", "20", null, true].map((statusCode) => ({ statusCode })),
  { statusCode: 200, headers: ["a"] },
  { statusCode: 200, headers: { "bad name": "x" } },
  { statusCode: 200, headers: { "": "x" } },
  { statusCode: 200, headers: { x: "a\r\nSet-Cookie: injected=1" } },
  { statusCode: 200, headers: { x: "a\0" } },
  { statusCode: 200, headers: { x: { y: 1 } } },
  { statusCode: 200, cookies: "a=1" },
  { statusCode: 200, cookies: ["a=1\r\nX: y"] },
  { statusCode: 200, body: "no base64!", isBase64Encoded: true },
  { statusCode: 200, headers: Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`x${n}`, "y"])) },
];

test("what cannot be sent as HTTP is no response", () => {
  for (const result of malformed) assert.equal(responseOf(result), undefined, JSON.stringify(result).slice(0, 80));
});

test("a function's headers cannot frame the body, and keep what the service says itself under another name", () => {
  const headers = {
    "Content-Length": "1",
    "transfer-encoding": "chunked",
    Connection: "close",
    "WWW-Authenticate": "x",
  };
  assert.deepEqual(responseOf({ statusCode: 200, headers })?.headers, [
    ["x-amzn-Remapped-Content-Length", "1"],
    ["x-amzn-Remapped-Connection", "close"],
    ["x-amzn-Remapped-WWW-Authenticate", "x"],
    ["Content-Type", "application/json"],
  ]);
});

const PRELUDE = Buffer.concat([
  Buffer.from('{"statusCode":201,"headers":{"content-type":"text/html"},"cookies":["a=1"]}'),
  Buffer.alloc(8),
]);

test("a prelude is read wherever it is cut, and the body's first bytes come with it", () => {
  const stream = Buffer.concat([PRELUDE, Buffer.from("\0body")]);
  for (let size = 1; size <= stream.length; size += 1) {
    const prelude = new HttpPrelude();
    let at = 0;
    let read: ReturnType<HttpPrelude["push"]> = "incomplete";
    for (; read === "incomplete" && at < stream.length; at += size) read = prelude.push(stream.subarray(at, at + size));
    assert.ok(typeof read === "object");
    assert.equal(read.head.status, 201);
    assert.deepEqual(read.head.headers, [
      ["content-type", "text/html"],
      ["set-cookie", "a=1"],
    ]);
    assert.equal(Buffer.concat([read.rest, stream.subarray(at)]).toString(), "\0body");
  }
});

test("a prelude without a status is a 200, and one that is none or too long is told apart", () => {
  const push = (text: string): ReturnType<HttpPrelude["push"]> => new HttpPrelude().push(Buffer.from(text));
  const empty = push("{}\0\0\0\0\0\0\0\0");
  assert.ok(typeof empty === "object");
  assert.deepEqual(empty.head, { status: 200, headers: [["Content-Type", "application/octet-stream"]] });
  assert.equal(push("[]\0\0\0\0\0\0\0\0"), "malformed");
  assert.equal(push("{nonsense\0\0\0\0\0\0\0\0"), "malformed");
  assert.equal(push("x".repeat(70_000)), "malformed");
  assert.equal(push("{\0\0\0"), "incomplete");
});

test("whatever a function returns, what is made of it is one HTTP answer with exactly its body", async () => {
  let answer: ReturnType<typeof responseV2>;
  await using server = createServer((_, response) => {
    response.statusCode = answer?.status ?? 502;
    for (const [name, value] of answer?.headers ?? []) response.appendHeader(name, value);
    response.end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const name = fc.oneof(
    fc.constantFrom("Content-Length", "Transfer-Encoding", "connection", "Set-Cookie", "trailer", "upgrade", "expect"),
    fc.string({ maxLength: 8 }),
  );
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const result = fc.record(
    {
      statusCode: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 200, max: 599 }) }, fc.jsonValue()),
      headers: fc.oneof({ weight: 4, arbitrary: fc.dictionary(name, value, { maxKeys: 4 }) }, fc.jsonValue()),
      cookies: fc.oneof({ weight: 2, arbitrary: fc.array(fc.string(), { maxLength: 2 }) }, fc.jsonValue()),
      body: fc.oneof({ weight: 4, arbitrary: fc.string({ unit: "binary" }) }, fc.jsonValue()),
      isBase64Encoded: fc.oneof(fc.boolean(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(result, fc.jsonValue()), async (given) => {
      answer = responseV2(Buffer.from(JSON.stringify(given)));
      const got = await new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
        const call = request({ port, host: "127.0.0.1", agent: false }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
        });
        call.once("error", reject);
        call.end();
      });
      assert.equal(got.status, answer?.status ?? 502);
      const bodiless = got.status === 204 || got.status === 304;
      assert.deepEqual(got.body, Buffer.from(bodiless ? "" : (answer?.body ?? "")));
    }),
    { seed: 5, numRuns: 300 },
  );
});
