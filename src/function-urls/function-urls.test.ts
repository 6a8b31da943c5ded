import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { type Answer, UrlHarness } from "./testing/url-harness.ts";

const ECHO = "export const handler = async (event) => event;";
const FORBIDDEN =
  '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}';

function refused(answer: Answer, status: number, code: string, body: string): void {
  assert.deepEqual(
    [answer.status, answer.headers["x-amzn-errortype"], answer.headers["content-type"], answer.body],
    [status, code, "application/json", body],
  );
  assert.match(String(answer.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
}

test("a request reaches the function as an event, and what it returns comes back", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    `export const handler = async (event, { request }) => ({
       statusCode: 201, headers: { "x-id": request.requestId }, cookies: ["a=1", "b=2"], body: JSON.stringify(event) });`,
  );
  const headers = { "content-type": "text/plain", "x-many": ["1", "2"], cookie: "c=3; d=4" };
  const answer = await urls.send(host, { method: "PUT", path: "/a%20b?q=1&q=2", headers, body: "hällo" });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
  assert.equal(answer.headers["x-amzn-requestid"], answer.headers["x-id"], "the request id is the invocation's");
  assert.match(String(answer.headers["x-amzn-trace-id"]), /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};/);
  const event = JSON.parse(answer.body);
  assert.equal(event.rawPath, "/a b");
  assert.deepEqual(event.queryStringParameters, { q: "1,2" });
  assert.deepEqual(event.cookies, ["c=3", "d=4"]);
  assert.deepEqual([event.body, event.isBase64Encoded], ["hällo", false]);
  assert.deepEqual(event.headers["x-forwarded-port"], String(urls.port));
  const { http, domainName, domainPrefix, apiId, accountId, authorizer } = event.requestContext;
  assert.deepEqual([http.method, http.sourceIp, accountId, authorizer], ["PUT", "127.0.0.1", "anonymous", undefined]);
  assert.deepEqual([`${domainName}:${urls.port}`, domainPrefix], [host, apiId]);
});

test("every method is the function's, and an answer to HEAD has no body", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", "export const handler = async (event) => event.requestContext.http.method;");
  for (const method of ["GET", "POST", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
    assert.equal((await urls.send(host, { method })).body, method);
  const head = await urls.send(host, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers["content-length"], head.body], [200, "4", ""]);
});

test("a URL is reached by path too, for tools that cannot resolve its name", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", ECHO);
  const id = host.split(".")[0];
  for (const [path, rawPath] of [
    [`/_lambent/urls/${id}`, "/"],
    [`/_lambent/urls/${id}/a/b?c=d`, "/a/b"],
    [`/_lambent/urls/${id?.toUpperCase()}?c=d`, "/"],
  ] as const) {
    const answer = await urls.send(`localhost:${urls.port}`, { path });
    assert.equal(JSON.parse(answer.body).rawPath, rawPath);
  }
  assert.equal(JSON.parse((await urls.send(`${id}.lambda-url.us-east-1.on.aws`)).body).rawPath, "/");
});

test("a page that a browser opens by path is sent to the URL's own origin, where it cannot call the API", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", ECHO);
  const path = `/_lambent/urls/${host.split(".")[0]}/page?x=1`;
  const api = `localhost:${urls.port}`;
  for (const headers of [
    { "sec-fetch-dest": "document" },
    { "sec-fetch-dest": "iframe" },
    { accept: "text/html,*/*" },
  ]) {
    const answer = await urls.send(api, { path, headers });
    assert.deepEqual([answer.status, answer.headers.location], [307, `http://${host}/page?x=1`]);
  }
  const fetched = await urls.send(api, { path, headers: { "sec-fetch-dest": "empty" } });
  assert.deepEqual([fetched.status, fetched.headers["content-security-policy"]], [200, "sandbox"]);
  assert.equal((await urls.send(host)).headers["content-security-policy"], undefined);
  const list = "/2015-03-31/functions/";
  assert.equal((await urls.send(api, { path: list })).status, 200);
  for (const [name, headers] of [
    [api, { origin: `http://${host}` }],
    [api, { "sec-fetch-site": "cross-site" }],
    [`lambda.us-east-1.localhost:${urls.port}`, { "sec-fetch-site": "same-site" }],
  ] as const)
    assert.equal((await urls.send(name, { path: list, headers })).status, 403, JSON.stringify(headers));
  const asPage = { origin: "https://example.com", "sec-fetch-site": "cross-site" };
  assert.equal((await urls.send(host, { path: list, headers: asPage })).status, 200, "functions are for every page");
});

test("an unknown URL, and one of another region, is refused as AWS does", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", ECHO);
  for (const name of [host.replace(/^./, "-"), host.replace("us-east-1", "eu-west-1")])
    refused(await urls.send(name), 403, "AccessDeniedException", '{"Message":null}');
  await urls.lambda.call("DeleteFunctionUrlConfig", { FunctionName: "f" });
  refused(await urls.send(host), 403, "AccessDeniedException", '{"Message":null}');
});

test("a URL without authentication needs both permissions for everybody, and the log says which one is missing", async () => {
  await using urls = await UrlHarness.open();
  await urls.lambda.create("f", ECHO);
  const host = await urls.createUrl("f");
  refused(await urls.send(host), 403, "AccessDeniedException", FORBIDDEN);
  assert.match(
    urls.logged.at(-1) ?? "",
    /lambda:InvokeFunctionUrl.*add-permission --function-name f .*--function-url-auth-type NONE/,
  );
  await urls.grant("f");
  assert.equal((await urls.send(host)).status, 200);
  await urls.lambda.call("RemovePermission", { FunctionName: "f", StatementId: "invoke" });
  refused(await urls.send(host), 403, "AccessDeniedException", FORBIDDEN);
  assert.match(urls.logged.at(-1) ?? "", /granted lambda:InvokeFunction grant=.*--invoked-via-function-url/);
  const allow = (Action: string, more: object): Promise<unknown> =>
    urls.lambda.call("AddPermission", {
      FunctionName: "f",
      StatementId: Action.replaceAll(/\W/g, ""),
      Action,
      Principal: "*",
      ...more,
    });
  await allow("lambda:*", { SourceAccount: "000000000000" });
  assert.equal((await urls.send(host)).status, 403, "a condition that is not met");
  await urls.lambda.call("UpdateFunctionUrlConfig", { FunctionName: "f", AuthType: "AWS_IAM" });
  refused(await urls.send(host), 403, "AccessDeniedException", FORBIDDEN);
});

test("an alias has its own URL and its own permissions, and its URL is forbidden when the alias is gone", async () => {
  await using urls = await UrlHarness.open();
  const own = await urls.create("f", "export const handler = async (_, { version }) => version.version;");
  await urls.lambda.call("PublishVersion", { FunctionName: "f" });
  await urls.lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  const aliased = await urls.createUrl("f", { Qualifier: "live" });
  assert.equal((await urls.send(aliased)).status, 403);
  await urls.grant("f", { Qualifier: "live" });
  assert.equal((await urls.send(aliased)).body, "1");
  assert.equal((await urls.send(own)).body, "$LATEST");
  await urls.lambda.call("DeleteAlias", { FunctionName: "f", Name: "live" });
  refused(await urls.send(aliased), 403, "AccessDeniedException", FORBIDDEN);
});

test("a body beyond the limit is refused with AWS's text, however it is announced", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", "export const handler = async (event) => event.body.length;");
  const text = { "content-type": "text/plain" };
  const whole = await urls.send(host, { method: "POST", headers: text, body: "x".repeat(6_000_000) });
  assert.equal(whole.body, "6000000");
  const message = '{"message":"Request must be smaller than 6291456 bytes for the InvokeFunctionUrl operation"}';
  const tooMuch = { method: "POST", body: Buffer.alloc(7_000_000) };
  refused(await urls.send(host, tooMuch), 413, "RequestEntityTooLargeException", message);
  const chunked = { ...tooMuch, headers: { "transfer-encoding": "chunked" } };
  refused(await urls.send(host, chunked), 413, "RequestEntityTooLargeException", message);
  const grown = { method: "POST", body: Buffer.alloc(6_000_000) };
  refused(await urls.send(host, grown), 413, "RequestEntityTooLargeException", message);
});

test("what a function does wrong is a 502 that says no more; the log says what is no response", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    `export const handler = async ({ rawPath }) => {
       if (rawPath === "/throw") throw new Error("secret");
       if (rawPath === "/status") return { statusCode: 99 };
       return { statusCode: 200, headers: { x: "a\\r\\nSet-Cookie: injected=1" } };
     };`,
  );
  for (const path of ["/throw", "/status", "/injection"]) {
    const answer = await urls.send(host, { path });
    assert.deepEqual(
      [answer.status, answer.body, answer.headers["set-cookie"]],
      [502, "Internal Server Error", undefined],
    );
    assert.ok(answer.headers["x-amzn-requestid"]);
    const warned = urls.logged.splice(0).join("");
    assert.equal(
      /gave its URL no HTTP response function=f .*statusCode a number/.test(warned),
      path !== "/throw",
      path,
    );
  }
});

test("a throttled function is a 429 with AWS's reason", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", ECHO);
  await urls.lambda.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 0 });
  const reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
  const body = `{"Reason":"${reason}","Type":"User","message":"Rate Exceeded."}`;
  refused(await urls.send(host), 429, "TooManyRequestsException", body);
});

test("preflights are answered from the configuration and never reach the function", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", ECHO, {
    Cors: {
      AllowOrigins: ["https://a.example", "http://localhost:*"],
      AllowMethods: ["GET", "POST"],
      AllowHeaders: ["authorization", "content-type"],
      AllowCredentials: true,
      MaxAge: 300,
    },
  });
  const preflight = (headers: Record<string, string>): Promise<Answer> =>
    urls.send(host, { method: "OPTIONS", headers });
  const wanted = {
    origin: "https://a.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "Authorization",
  };
  const allowed = await preflight(wanted);
  assert.deepEqual([allowed.status, allowed.body, allowed.headers["content-length"]], [200, "", "0"]);
  assert.deepEqual(
    Object.fromEntries(Object.entries(allowed.headers).filter(([name]) => /^(access-control|vary)/.test(name))),
    {
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-headers": "authorization,content-type",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "300",
      vary: "Origin",
    },
  );
  assert.equal((await preflight({ ...wanted, origin: "http://localhost:3000" })).headers.vary, "Origin");
  for (const other of [
    { origin: "https://b.example" },
    { "access-control-request-method": "DELETE" },
    { "access-control-request-headers": "authorization,x-other" },
  ]) {
    const answer = await preflight({ ...wanted, ...other });
    assert.deepEqual([answer.status, answer.headers["access-control-allow-origin"]], [200, undefined]);
  }
  assert.equal(urls.lambda.environments.invoked.length, 0);
});

test("configured CORS headers come in addition to the function's own, as on AWS", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    `export const handler = async () => ({ statusCode: 200, headers: { "access-control-allow-origin": "*" } });`,
    { Cors: { AllowOrigins: ["*"], ExposeHeaders: ["x-a", "x-b"] } },
  );
  const { rawHeaders } = await urls.send(host, { headers: { origin: "https://a.example" } });
  const origins = rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === "access-control-allow-origin");
  assert.deepEqual(origins, ["*", "https://a.example"]);
  assert.equal(rawHeaders[rawHeaders.indexOf("Access-Control-Expose-Headers") + 1], "x-a,x-b");
  const same = await urls.send(host);
  assert.equal(same.headers["access-control-expose-headers"], undefined, "not for requests of no other origin");
});

test("a connection is kept for the next request, whatever the function says about lengths and framing", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    `export const handler = async ({ rawPath }) => ({
       statusCode: Number(rawPath.slice(1)), body: "body",
       headers: { "content-length": "1000", "transfer-encoding": "chunked", connection: "close", "x-path": rawPath } });`,
  );
  const socket = connect(urls.port, "127.0.0.1");
  const statuses = [200, 204, 304, 200];
  socket.write(statuses.map((status) => `GET /${status} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).join(""));
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (text.split("HTTP/1.1 ").length === statuses.length + 1 && text.endsWith("body")) break;
  }
  const answers = text.split("HTTP/1.1 ").slice(1);
  assert.deepEqual(
    answers.map((answer) => Number(answer.slice(0, 3))),
    statuses,
  );
  assert.deepEqual(
    answers.map((answer) => answer.split("\r\n\r\n")[1]),
    ["body", "", "", "body"],
  );
});

test("HTTP/2 clients get the same answers", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    "export const handler = async (e) => ({ statusCode: 200, headers: { connection: 'x', a: '1', 'access-control-allow-credentials': 'true' }, cookies: ['a=1', 'b=2'], body: e.headers.host });",
    { Cors: { AllowOrigins: ["*"], AllowCredentials: true } },
  );
  const session = connectHttp2(`http://127.0.0.1:${urls.port}`);
  const stream = session.request({ ":authority": host, ":path": "/x", origin: "https://a.example" });
  const [head] = await new Promise<[Record<string, unknown>]>((resolve) =>
    stream.once("response", (...args) => resolve([args[0]])),
  );
  let body = "";
  for await (const chunk of stream) body += chunk;
  session.close();
  assert.deepEqual(
    [head[":status"], head["a"], head["set-cookie"], body],
    [200, "1", ["a=1", "b=2"], host.replace(/:.*/, "")],
  );
});
