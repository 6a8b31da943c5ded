import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventV2, type ProxyContext, type ProxyRequest } from "./index.ts";

const CONTEXT: ProxyContext = {
  accountId: "anonymous",
  apiId: "id",
  domainName: "id.lambda-url.us-west-2.localhost",
  domainPrefix: "id",
  protocol: "HTTP/1.1",
  sourceIp: "127.0.0.1",
  requestId: "28d04d7e-7f0b-4521-9484-f7012b07cb68",
  traceId: "Root=1-643ec28d-5503dc7274559e68706dae64",
  timeMs: 1_681_834_637_081,
  routeKey: "$default",
  stage: "$default",
  forwarded: { proto: "http", port: "4566" },
};

const EMPTY = new Uint8Array();

function event(request: Partial<ProxyRequest>): ReturnType<typeof eventV2> {
  return eventV2({ method: "GET", path: "/", rawQuery: "", rawHeaders: [], body: EMPTY, ...request }, CONTEXT);
}

test("a request with everything is the event that AWS makes of it", () => {
  const made = event({
    method: "POST",
    path: "/hello",
    rawQuery: "hello=world&foo=bar",
    rawHeaders: [
      ...["Host", "id.lambda-url.us-west-2.localhost", "Content-Type", "application/json", "Content-Length", "18"],
      ...["Cookie", "foo=bar; hello=hello", "Header1", "h1", "Header2", "h1", "HEADER2", "h2", "User-Agent", "test"],
      ...["Connection", "keep-alive"],
    ],
    body: Buffer.from('{"hello": "world"}'),
  });
  assert.deepEqual(made, {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/hello",
    rawQueryString: "hello=world&foo=bar",
    cookies: ["foo=bar", "hello=hello"],
    headers: {
      host: "id.lambda-url.us-west-2.localhost",
      "content-type": "application/json",
      "content-length": "18",
      cookie: "foo=bar; hello=hello",
      header1: "h1",
      header2: "h1,h2",
      "user-agent": "test",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-port": "4566",
      "x-amzn-trace-id": "Root=1-643ec28d-5503dc7274559e68706dae64",
    },
    queryStringParameters: { hello: "world", foo: "bar" },
    requestContext: {
      accountId: "anonymous",
      apiId: "id",
      domainName: "id.lambda-url.us-west-2.localhost",
      domainPrefix: "id",
      http: { method: "POST", path: "/hello", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
      requestId: "28d04d7e-7f0b-4521-9484-f7012b07cb68",
      routeKey: "$default",
      stage: "$default",
      time: "18/Apr/2023:16:17:17 +0000",
      timeEpoch: 1_681_834_637_081,
    },
    body: '{"hello": "world"}',
    isBase64Encoded: false,
  });
});

test("what a request lacks is absent from its event", () => {
  const made = event({});
  for (const member of ["cookies", "queryStringParameters", "body"]) assert.ok(!(member in made), member);
  assert.equal(made.isBase64Encoded, false);
  assert.equal(made.headers["host"], CONTEXT.domainName);
});

test("the path is decoded once, and escapes that are none stay", () => {
  const paths = { "/pa2%25Fth/1": "/pa2%Fth/1", "/%zz%": "/%zz%", "/%C3%A4": "/ä", "/a+b": "/a+b" };
  for (const [path, rawPath] of Object.entries(paths)) assert.equal(event({ path }).rawPath, rawPath);
});

test("query parameters of one name are joined with commas, decoded as forms are", () => {
  const { queryStringParameters } = event({ rawQuery: "q=a+b&q=%2C&x&__proto__=1" });
  assert.equal(JSON.stringify(queryStringParameters), '{"q":"a b,,","x":"","__proto__":"1"}');
});

const bodies: readonly (readonly [type: string | undefined, body: string | Buffer, isBase64: boolean])[] = [
  ["text/plain", "hallo", false],
  ["application/json; charset=utf-8", '{"ä":1}', false],
  ["application/xml", "<a/>", false],
  ["application/vnd.api+json", "{}", false],
  ["application/x-www-form-urlencoded", "a=1", true],
  ["multipart/form-data; boundary=x", "--x", true],
  ["application/octet-stream", "x", true],
  [undefined, "x", true],
  ["text/plain", Buffer.from([0xff]), true],
];

for (const [type, body, isBase64] of bodies) {
  test(`a body of ${type ?? "no type"}${typeof body === "string" ? "" : " that is no UTF-8"} is ${isBase64 ? "base64" : "text"}`, () => {
    const made = event({ rawHeaders: type === undefined ? [] : ["content-type", type], body: Buffer.from(body) });
    assert.equal(made.isBase64Encoded, isBase64);
    assert.equal(made.body, Buffer.from(body).toString(isBase64 ? "base64" : "utf8"));
  });
}

test("a compressed body is base64, whatever it is when it is unpacked", () => {
  const rawHeaders = ["content-type", "application/json", "content-encoding", "gzip"];
  assert.equal(event({ rawHeaders, body: Buffer.from("{}") }).isBase64Encoded, true);
});

test("any request at all makes an event that survives JSON with its body whole", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });
  const header = fc.tuple(fc.oneof(text, fc.constantFrom("cookie", "__proto__", "content-type", "host")), text);
  const request = fc.record({
    method: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "M-SEARCH"),
    path: text.map((path) => `/${path}`),
    rawQuery: text,
    rawHeaders: fc.array(header, { maxLength: 8 }).map((pairs) => pairs.flat()),
    body: fc.uint8Array({ maxLength: 50 }),
  });
  fc.assert(
    fc.property(request, (given) => {
      const made = eventV2(given, CONTEXT);
      const read: typeof made = JSON.parse(JSON.stringify(made));
      const body = Buffer.from(read.body ?? "", read.isBase64Encoded ? "base64" : "utf8");
      assert.deepEqual(body, Buffer.from(given.body));
      assert.ok(read.rawPath.startsWith("/"));
      for (const name of Object.keys(read.headers)) assert.equal(name, name.toLowerCase());
    }),
    { seed: 11, numRuns: 500 },
  );
});
