/**
 * Hostile and broken requests: each is answered with a 4xx in AWS's form, in bounded time, and the server answers the next
 * request. Bytes are sent raw where an HTTP client would refuse to.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { sendRaw, signedFor } from "./testing/raw.ts";
import { sampleServices } from "./testing/sample-services.ts";
import { serve, type TestServer } from "./testing/serve.ts";

let server: TestServer;
before(async () => {
  server = await serve(
    sampleServices(() => undefined),
    {},
    { headersTimeoutMs: 400, requestTimeoutMs: 800, connectionsCheckingIntervalMs: 100 },
  );
});
after(() => server[Symbol.asyncDispose]());

interface Case {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly code: string;
  readonly status?: number;
}

const CREATE = { path: "/2015-03-31/functions", headers: { authorization: signedFor("lambda") } };
const LOGS = {
  path: "/",
  headers: {
    authorization: signedFor("logs"),
    "x-amz-target": "Logs_20140328.CreateLogGroup",
    "content-type": "application/x-amz-json-1.1",
  },
};
const STS = {
  path: "/",
  headers: { authorization: signedFor("sts"), "content-type": "application/x-www-form-urlencoded" },
};
const SQS_FORM = {
  path: "/",
  headers: { authorization: signedFor("sqs"), "content-type": "application/x-www-form-urlencoded" },
};
const CBOR = {
  path: "/service/AmazonSQS/operation/SendMessage",
  headers: { authorization: signedFor("sqs"), "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" },
};
const S3 = { path: "/bucket?delete", headers: { authorization: signedFor("s3") } };
const FUNCTION = { FunctionName: "f", Role: "arn:aws:iam::000000000000:role/r", Code: {} };
const create = (member: object): string => JSON.stringify({ ...FUNCTION, ...member });
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

const cases: Readonly<Record<string, Case>> = {
  "JSON: cut off": { ...CREATE, body: '{"FunctionName":', code: "InvalidRequestContentException" },
  "JSON: no JSON": { ...LOGS, body: "hello", code: "SerializationException" },
  "JSON: NaN": { ...LOGS, body: '{"logGroupName":NaN}', code: "SerializationException" },
  "JSON: byte order mark": { ...LOGS, body: '\ufeff{"logGroupName":"g"}', code: "SerializationException" },
  "JSON: bad UTF-8": { ...LOGS, body: bytes(0x22, 0xff, 0x22), code: "SerializationException" },
  "JSON: a list for a structure": { ...CREATE, body: "[1]", code: "SerializationException" },
  "JSON: a string for a structure": { ...LOGS, body: '"g"', code: "SerializationException" },
  "JSON: null for a structure": { ...LOGS, body: "null", code: "SerializationException" },
  "JSON: a number for a string": { ...CREATE, body: create({ FunctionName: 5 }), code: "SerializationException" },
  "JSON: a string for a number": { ...CREATE, body: create({ MemorySize: "abc" }), code: "SerializationException" },
  "JSON: a fraction for an integer": { ...CREATE, body: create({ MemorySize: 128.5 }), code: "SerializationException" },
  "JSON: a number beyond any": {
    ...CREATE,
    body: create({}).replace("{", '{"MemorySize":1e400,'),
    code: "SerializationException",
  },
  "JSON: a string for a boolean": { ...CREATE, body: create({ Publish: "true" }), code: "SerializationException" },
  "JSON: a structure for a list": { ...CREATE, body: create({ Layers: {} }), code: "SerializationException" },
  "JSON: a list for a map": { ...CREATE, body: create({ Tags: [] }), code: "SerializationException" },
  "JSON: base64 that is none": { ...CREATE, body: create({ Code: { ZipFile: "!!" } }), code: "SerializationException" },
  "JSON: null in a list": { ...CREATE, body: create({ Layers: [null] }), code: "ValidationException" },
  "JSON: an inherited name is no member": {
    ...CREATE,
    body: '{"__proto__":{"FunctionName":"f","Role":"r","Code":{}}}',
    code: "ValidationException",
  },
  "JSON: 100,000 levels": {
    ...LOGS,
    body: deep('{"a":', "1}", 100_000).replace("1}", "1}"),
    code: "SerializationException",
  },
  "JSON: 100,000 lists": { ...LOGS, body: `{"tags":${deep("[", "]", 100_000)}}`, code: "SerializationException" },
  "query: bad escape": {
    ...STS,
    body: "Action=AssumeRole&Version=2011-06-15&RoleArn=%E0%A4%A",
    code: "SerializationException",
  },
  "query: no action": { ...STS, body: "Version=2011-06-15", code: "InvalidAction" },
  "query: bad UTF-8": { ...STS, body: bytes(0x41, 0x3d, 0xff), code: "SerializationException" },
  "query: a number that is none": {
    ...STS,
    body: "Action=AssumeRole&RoleArn=r&RoleSessionName=s&DurationSeconds=x12",
    code: "SerializationException",
  },
  "query: an index that is none": {
    ...STS,
    body: "Action=AssumeRole&Tags.member.x.Key=a",
    code: "SerializationException",
  },
  "query: a structure for a string": { ...STS, body: "Action=AssumeRole&RoleArn.a=b", code: "SerializationException" },
  "query: too deep": { ...STS, body: `Action=AssumeRole&${"a.".repeat(1_000)}b=1`, code: "SerializationException" },
  "query: too many parameters": {
    ...STS,
    body: `Action=AssumeRole&${"a=b&".repeat(10_001)}`,
    code: "SerializationException",
  },
  "query: an inherited index": {
    ...SQS_FORM,
    body: "Action=DeleteMessageBatch&QueueUrl=u&DeleteMessageBatchRequestEntry.__proto__.Id=1",
    code: "SerializationException",
  },
  "CBOR: cut off": { ...CBOR, body: bytes(0xa1, 0x61), code: "SerializationException" },
  "CBOR: a length beyond the end": {
    ...CBOR,
    body: bytes(0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    code: "SerializationException",
  },
  "CBOR: 100,000 lists": { ...CBOR, body: new Uint8Array(100_000).fill(0x81), code: "SerializationException" },
  "CBOR: endless lists": { ...CBOR, body: new Uint8Array(100_000).fill(0x9f), code: "SerializationException" },
  "CBOR: a big number of a million bytes": {
    ...CBOR,
    body: Buffer.concat([bytes(0xc2, 0x5a, 0x00, 0x0f, 0x42, 0x40), Buffer.alloc(1_000_000, 1)]),
    code: "SerializationException",
  },
  "CBOR: bytes after the end": { ...CBOR, body: bytes(0xa0, 0xa0), code: "SerializationException" },
  "CBOR: a number as key": { ...CBOR, body: bytes(0xa1, 0x01, 0x01), code: "SerializationException" },
  "CBOR: text that is no UTF-8": { ...CBOR, body: bytes(0xa1, 0x61, 0xff, 0x01), code: "SerializationException" },
  "XML: cut off": { ...S3, body: "<Delete><Object>", code: "MalformedXML" },
  "XML: another root": { ...S3, body: "<Other/>", code: "MalformedXML" },
  "XML: no XML": { ...S3, body: "hello", code: "MalformedXML" },
  "XML: bad UTF-8": { ...S3, body: bytes(0x3c, 0xff, 0x3e), code: "MalformedXML" },
  "XML: an entity of its own": {
    ...S3,
    body: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete>&b;</Delete>',
    code: "MalformedXML",
  },
  "XML: billion laughs": {
    ...S3,
    body: '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><Delete>&c;</Delete>',
    code: "MalformedXML",
  },
  "XML: 100,000 levels": { ...S3, body: deep("<Delete>", "</Delete>", 100_000), code: "MalformedXML" },
  "XML: elements where a value should be": {
    ...S3,
    body: "<Delete><Object><Key><b/></Key></Object></Delete>",
    code: "MalformedXML",
  },
  "XML: a boolean that is none": { ...S3, body: "<Delete><Quiet>yes</Quiet></Delete>", code: "SerializationException" },
  "path: bad escape": {
    method: "GET",
    path: "/2015-03-31/functions/%zz",
    headers: CREATE.headers,
    code: "SerializationException",
  },
  "path: an encoded NUL": {
    method: "GET",
    path: "/2015-03-31/functions/a%00b",
    headers: CREATE.headers,
    code: "ValidationException",
  },
  "path: encoded traversal": {
    method: "GET",
    path: "/2015-03-31/functions/%2e%2e%2f%2e%2e",
    headers: CREATE.headers,
    code: "ValidationException",
  },
  "path: doubly encoded": {
    method: "GET",
    path: "/2015-03-31/functions/%252e%252e",
    headers: CREATE.headers,
    code: "ValidationException",
  },
  "path: a name of 100,000 characters": {
    method: "GET",
    path: `/2015-03-31/functions/${"a/".repeat(5_000)}`,
    headers: CREATE.headers,
    code: "UnknownOperationException",
    status: 404,
  },
  "query string: bad escape": {
    method: "GET",
    path: "/2015-03-31/functions/f?Qualifier=%",
    headers: CREATE.headers,
    code: "SerializationException",
  },
  "authorization: not a scope": {
    ...CREATE,
    headers: { authorization: "AWS4-HMAC-SHA256 nonsense" },
    body: "{}",
    code: "IncompleteSignatureException",
    status: 403,
  },
  "authorization: a region with slashes": {
    ...CREATE,
    headers: { authorization: signedFor("lambda", "k", "../../etc") },
    body: "{}",
    code: "IncompleteSignatureException",
    status: 403,
  },
  "gzip: no gzip": {
    ...LOGS,
    headers: { ...LOGS.headers, "content-encoding": "gzip" },
    body: "hello",
    code: "SerializationException",
  },
  "gzip: a bomb": {
    ...LOGS,
    headers: { ...LOGS.headers, "content-encoding": "gzip" },
    body: gzipSync(Buffer.alloc(40_000_000)),
    code: "RequestEntityTooLargeException",
    status: 413,
  },
  "body: over the limit": {
    ...LOGS,
    body: Buffer.alloc(9_000_000, 0x20),
    code: "RequestEntityTooLargeException",
    status: 413,
  },
};

for (const [title, { method = "POST", path = "/", headers = {}, body, code, status = 400 }] of Object.entries(cases)) {
  test(`${title} is answered with ${status} ${code}`, { timeout: 10_000 }, async () => {
    const started = performance.now();
    const response = await fetch(server.endpoint + path, { method, headers, ...(body !== undefined && { body }) });
    const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
    assert.equal(response.status, status, text);
    assert.ok(text.includes(code) || response.headers.get("x-amzn-errortype") === code, text);
    assert.ok(response.headers.get("x-amzn-requestid") ?? response.headers.get("x-amz-request-id"));
    assert.ok(performance.now() - started < 3_000);
  });
}

test("a __proto__ key of a map is an ordinary key", async () => {
  const body = create({ Tags: {} }).replace('"Tags":{}', '"Tags":{"__proto__":"x"}');
  const response = await fetch(server.endpoint + CREATE.path, { method: "POST", headers: CREATE.headers, body });
  assert.equal(response.status, 201);
  assert.equal(Reflect.get({}, "x"), undefined);
});

const HEAD = "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\n";

const rawCases: Readonly<Record<string, { readonly bytes: string; readonly status: number }>> = {
  "headers of 100 KB": { bytes: `${HEAD}X-A: ${"a".repeat(100_000)}\r\n\r\n`, status: 431 },
  "two content lengths": { bytes: `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, status: 400 },
  "length and chunks": {
    bytes: `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  "a chunk size that is none": { bytes: `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, status: 400 },
  "a header name with a space": { bytes: `${HEAD}Bad Name: 1\r\n\r\n`, status: 400 },
  "a bare line feed in a header": { bytes: `${HEAD}A: b\nC: d\r\n\r\n`, status: 400 },
  "no HTTP at all": { bytes: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", status: 400 },
  "a path that is none": { bytes: "GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n", status: 404 },
};

for (const [title, { bytes: sent, status }] of Object.entries(rawCases)) {
  test(`${title} is answered with ${status}`, async () => {
    assert.equal((await sendRaw(server.port, sent)).status, status);
  });
}

test("a client that does not finish its headers is cut off", async () => {
  assert.equal((await sendRaw(server.port, HEAD)).status, 408);
});

test("a client that does not finish its body is cut off", async () => {
  assert.equal((await sendRaw(server.port, `${HEAD}Content-Length: 10\r\n\r\nab`)).status, 408);
});

test("a client that sends nothing is cut off", async () => {
  const reply = await sendRaw(server.port, "");
  assert.ok(reply.status === 408 || reply.status === 0, reply.head);
});

test("after all of this the server answers as before and has logged no failure", async () => {
  const response = await fetch(`${server.endpoint}/2015-03-31/functions/f/invocations`, { method: "POST", body: "1" });
  assert.equal(await response.text(), "1");
  assert.deepEqual(
    server.logLines.filter((line) => line.startsWith("error")),
    [],
  );
});
