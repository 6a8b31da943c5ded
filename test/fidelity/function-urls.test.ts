/** Function URLs by real HTTP: events, answers and refusals, as rows of what was recorded from AWS. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { ACCOUNT, FUNCTIONS, type House, openHouse, settled } from "./support/house.ts";

interface Answer {
  readonly status: number;
  /** As they were sent, names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const URL_PATH = "/2021-10-31/functions";
const FORBIDDEN = `{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}`;
/** Returns what the body says, which is JavaScript, or the event. */
const SOURCE = `exports.handler = async (event) => {
  const code = event.rawPath === "/answer" ? Buffer.from(event.body, "base64").toString() : "event";
  return new Function("event", "return (" + code + ")")(event);
};`;
const PYTHON = "def handler(event, context):\n    return {'statusCode': 200, 'body': {'hello': 'world'}}\n";

let house: House;
let host: string;

before(async () => {
  house = await openHouse();
  await house.create("site", { "index.js": SOURCE });
  host = await open("site");
});

after(() => house?.[Symbol.asyncDispose]());

async function open(name: string, settings: object = {}, qualifier = ""): Promise<string> {
  const query = qualifier === "" ? "" : `?Qualifier=${qualifier}`;
  const created = await house.send("POST", `${URL_PATH}/${name}/url${query}`, { AuthType: "NONE", ...settings });
  assert.equal(created.status, 201, created.text);
  const grants = [
    { StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
    { StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true },
  ];
  for (const grant of grants) {
    const added = await house.send("POST", `${FUNCTIONS}/${name}/policy${query}`, { Principal: "*", ...grant });
    assert.equal(added.status, 201, added.text);
  }
  return new URL(String(created.json["FunctionUrl"])).hostname;
}

function call(
  to: string,
  path: string,
  { method = "GET", headers = {}, body = "" }: { method?: string; headers?: object; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(house.server.url);
    const options = { host: "127.0.0.1", port, path, method, headers: { host: to, ...headers }, agent: false };
    const outgoing = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        const { statusCode: status = 0, rawHeaders, headers: flat } = answer;
        resolve({ status, rawHeaders, headers: flat, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

test("the event has AWS's members, and what a request lacks is absent", async () => {
  const { text, headers } = await call(host, "/pa2%25Fth/1?q=one&q=two%20words&e=", {
    headers: { Cookie: "a=1; b=2", "X-Multi": ["one", "two"], "User-Agent": "tests" },
  });
  const event = JSON.parse(text);
  const requestId = headers["x-amzn-requestid"];
  const { time, timeEpoch, ...context } = event.requestContext;
  assert.match(time, /^\d\d\/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.equal(typeof timeEpoch, "number");
  const domainPrefix = host.split(".")[0];
  const http = { method: "GET", path: "/pa2%Fth/1", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "tests" };
  assert.deepEqual(context, {
    accountId: "anonymous",
    apiId: domainPrefix,
    domainName: host,
    domainPrefix,
    http,
    requestId,
    routeKey: "$default",
    stage: "$default",
  });
  const { "x-amzn-trace-id": trace, "x-forwarded-port": port, ...sent } = event.headers;
  assert.match(trace, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  assert.equal(port, new URL(house.server.url).port);
  assert.deepEqual(sent, {
    host,
    cookie: "a=1; b=2",
    "x-multi": "one,two",
    "user-agent": "tests",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
  });
  const { requestContext: _context, headers: _headers, ...rest } = event;
  assert.deepEqual(rest, {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/pa2%Fth/1",
    rawQueryString: "q=one&q=two%20words&e=",
    cookies: ["a=1", "b=2"],
    queryStringParameters: { q: "one,two words", e: "" },
    isBase64Encoded: false,
  });
});

test("bodies are text or base64 by their type", async () => {
  const rows: readonly (readonly [type: string, isText: boolean])[] = [
    ["application/json", true],
    ["text/csv; charset=utf-8", true],
    ["application/javascript", true],
    ["application/xml", true],
    ["multipart/form-data; boundary=x", false],
    ["application/octet-stream", false],
    ["image/png", false],
  ];
  for (const [type, isText] of rows) {
    const sent = { method: "POST", headers: { "Content-Type": type }, body: "body123" };
    const { body, isBase64Encoded } = JSON.parse((await call(host, "/", sent)).text);
    const expected = isText ? "body123" : Buffer.from("body123").toString("base64");
    assert.deepEqual([body, isBase64Encoded], [expected, !isText], type);
  }
});

test("what a function returns becomes AWS's answer", async () => {
  const JSON_TYPE = "application/json";
  const rows: readonly (readonly [returned: string, status: number, type: string, body: string])[] = [
    [`"a text"`, 200, JSON_TYPE, "a text"],
    [`["hello", 3, true]`, 200, JSON_TYPE, '["hello",3,true]'],
    [`({ hello: "world" })`, 200, JSON_TYPE, '{"hello":"world"}'],
    [`1`, 200, JSON_TYPE, "1"],
    [`true`, 200, JSON_TYPE, "true"],
    [`({ statusCode: 200, body: "body123" })`, 200, JSON_TYPE, "body123"],
    [`({ statusCode: 201, headers: { "Content-Type": "text/html" }, body: "<p>" })`, 201, "text/html", "<p>"],
    [`({ statusCode: 200, body: "aGk=", isBase64Encoded: true })`, 200, JSON_TYPE, "hi"],
    [`({ statusCode: 200, body: { hello: "world" } })`, 200, JSON_TYPE, '{"hello":"world"}'],
    [`(() => { throw new Error("no"); })()`, 502, JSON_TYPE, "Internal Server Error"],
  ];
  for (const [returned, status, type, body] of rows) {
    const answer = await call(host, "/answer", { method: "POST", body: returned });
    assert.deepEqual([answer.status, answer.headers["content-type"], answer.text], [status, type, body], returned);
    assert.match(String(answer.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/, returned);
  }
  const cookies = `({ statusCode: 200, cookies: ["a=1; Path=/", "b=2"] })`;
  const answer = await call(host, "/answer", { method: "POST", body: cookies });
  assert.deepEqual(answer.headers["set-cookie"], ["a=1; Path=/", "b=2"]);
});

test("the service's own headers are written as AWS writes them", async () => {
  const { rawHeaders } = await call(host, "/answer", { method: "POST", body: "1" });
  const names = new Set(rawHeaders.filter((_each, at) => at % 2 === 0));
  for (const name of ["Date", "Content-Type", "Content-Length", "x-amzn-RequestId", "X-Amzn-Trace-Id"])
    assert.ok(names.has(name), `${name} of ${[...names]}`);
});

test("a body that is an object goes out as the runtime printed it", async () => {
  await house.create("python-site", { "index.py": PYTHON }, { Runtime: "python3.13" });
  const answer = await call(await open("python-site"), "/");
  assert.deepEqual([answer.status, answer.text], [200, '{"hello": "world"}']);
});

test("who may not call, and what is not there, are told so in AWS's words", async () => {
  const refused = ({ status, headers, text }: Answer): readonly unknown[] => [
    status,
    headers["content-type"],
    headers["x-amzn-errortype"],
    text,
  ];
  const forbidden = [403, "application/json", "AccessDeniedException", FORBIDDEN];
  await house.create("closed", { "index.js": SOURCE });
  const created = await house.send("POST", `${URL_PATH}/closed/url`, { AuthType: "NONE" });
  assert.deepEqual(refused(await call(new URL(String(created.json["FunctionUrl"])).hostname, "/")), forbidden);
  const unknown = `${"a".repeat(32)}.lambda-url.us-east-1.localhost`;
  assert.deepEqual(refused(await call(unknown, "/")), [
    403,
    "application/json",
    "AccessDeniedException",
    '{"Message":null}',
  ]);
  const updated = await house.send("PUT", `${URL_PATH}/closed/url`, { AuthType: "AWS_IAM" });
  assert.equal(updated.json["AuthType"], "AWS_IAM");
  assert.deepEqual(refused(await call(new URL(String(created.json["FunctionUrl"])).hostname, "/")), forbidden);
});

test("an alias has a URL of its own, which is forbidden once the alias is gone", async () => {
  await settled(house.send, "site");
  await house.send("POST", `${FUNCTIONS}/site/versions`, {});
  await house.send("POST", `${FUNCTIONS}/site/aliases`, { Name: "live", FunctionVersion: "1" });
  const live = await open("site", {}, "live");
  const shown = await house.send("GET", `${URL_PATH}/site/url?Qualifier=live`);
  const { FunctionUrl, CreationTime, LastModifiedTime, ...rest } = shown.json;
  assert.match(String(FunctionUrl), /^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/);
  for (const time of [CreationTime, LastModifiedTime]) assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const FunctionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:site:live`;
  assert.deepEqual(rest, { FunctionArn, AuthType: "NONE", InvokeMode: "BUFFERED" });
  assert.equal((await call(live, "/")).status, 200);
  await house.send("DELETE", `${FUNCTIONS}/site/aliases/live`);
  assert.deepEqual([(await call(live, "/")).text, (await call(host, "/")).status], [FORBIDDEN, 200]);
});

test("a throttled URL says why in AWS's body", async () => {
  await house.send("PUT", "/2017-10-31/functions/site/concurrency", { ReservedConcurrentExecutions: 0 });
  const { status, headers, text } = await call(host, "/");
  assert.deepEqual([status, headers["x-amzn-errortype"]], [429, "TooManyRequestsException"]);
  const Reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
  const body = { Reason, Type: "User", message: "Rate Exceeded." };
  assert.deepEqual(JSON.parse(text), body);
  const invoked = await house.invoke("site", {});
  assert.deepEqual([invoked.status, invoked.json], [429, body]);
  const streamed = await house.send("POST", "/2021-11-15/functions/site/response-streaming-invocations", {});
  assert.deepEqual([streamed.status, streamed.json], [429, body]);
});
