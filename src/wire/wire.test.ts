/** How requests find their service, who they come from, and what every answer has, over real HTTP. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request as send } from "node:http";
import { type TestContext, test } from "node:test";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import type * as sts from "@aws-sdk/client-sts";
import { signedFor } from "./testing/raw.ts";
import { type Seen, sampleServices } from "./testing/sample-services.ts";
import { serve, type TestServer } from "./testing/serve.ts";
import type { Service } from "./types.ts";
import type { WireOptions } from "./wire.ts";

interface Running extends TestServer {
  readonly seen: Seen[];
  fetch(path: string, init?: RequestInit & { host?: string }): Promise<Response>;
}

async function running(
  t: TestContext,
  options: Partial<WireOptions> = {},
  answer?: (seen: Seen) => void,
): Promise<Running> {
  const seen: Seen[] = [];
  const services = sampleServices((call) => {
    seen.push(call);
    answer?.(call);
  });
  const server = await serve(services, options);
  t.after(() => server[Symbol.asyncDispose]());
  const send = (path: string, init: RequestInit = {}): Promise<Response> => fetch(server.endpoint + path, init);
  return Object.assign(server, { seen, fetch: send });
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const INVOKE = "/2015-03-31/functions/hello/invocations";
const IDENTITY_FORM = "Action=GetCallerIdentity&Version=2011-06-15";

test("an unsigned request finds its service by path, for the default account and region", async (t) => {
  const server = await running(t);
  const response = await server.fetch(INVOKE, { method: "POST", body: '{"a":1}', headers: FORM });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), '{"a":1}');
  assert.equal(response.headers.get("x-amz-executed-version"), "$LATEST");
  const [{ call } = assert.fail()] = server.seen;
  assert.deepEqual(
    [call.accountId, call.region, call.partition, call.principal.kind],
    ["000000000000", "us-east-1", "aws", "anonymous"],
  );
  assert.equal(response.headers.get("x-amzn-requestid"), call.requestId);
});

test("the credential scope names service, region and account", async (t) => {
  const server = await running(t);
  const headers = { authorization: signedFor("lambda", "123456789012", "cn-north-1") };
  await server.fetch(INVOKE, { method: "POST", headers });
  const [{ call } = assert.fail()] = server.seen;
  assert.deepEqual([call.accountId, call.region, call.partition], ["123456789012", "cn-north-1", "aws-cn"]);
  assert.equal(call.principal.arn, "arn:aws-cn:iam::123456789012:user/lambent");
});

test("an access key that a service has issued brings its principal", async (t) => {
  const role = {
    kind: "assumed-role",
    accountId: "210987654321",
    arn: "arn:aws:sts::210987654321:assumed-role/r/s",
  } as const;
  const resolvePrincipal: WireOptions["resolvePrincipal"] = async (key, token) =>
    key === "ASIAX" && token === "t" ? role : undefined;
  const server = await running(t, { resolvePrincipal });
  const headers = { ...FORM, authorization: signedFor("sts", "ASIAX"), "x-amz-security-token": "t" };
  const text = await (await server.fetch("/", { method: "POST", body: IDENTITY_FORM, headers })).text();
  assert.match(
    text,
    /<Account>210987654321<\/Account><Arn>arn:aws:sts::210987654321:assumed-role\/r\/s<\/Arn>|<Arn>.*assumed-role\/r\/s/,
  );
});

test("a presigned query names its service", async (t) => {
  const server = await running(t);
  const credential = encodeURIComponent("000000000000/20260101/eu-west-1/s3/aws4_request");
  const response = await server.fetch(
    `/bucket/a%20key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Signature=0`,
  );
  assert.equal(response.status, 200);
  assert.equal(server.seen[0]?.operation, "GetObject");
  assert.equal(server.seen[0]?.call.region, "eu-west-1");
});

test("a query presigned with signature version 2 is S3's", async (t) => {
  const server = await running(t);
  const response = await server.fetch("/bucket/key?AWSAccessKeyId=123456789012&Signature=x%3D&Expires=1");
  assert.equal(response.status, 200);
  const [{ operation, call } = assert.fail()] = server.seen;
  assert.deepEqual([operation, call.accountId], ["GetObject", "123456789012"]);
});

test("S3 answers a HEAD for what is not there with a bare 404", async (t) => {
  const server = await running(t, {}, () => {
    throw new s3.NotFound({ message: "Not Found", $metadata: {} });
  });
  const response = await server.fetch("/bucket/key", { method: "HEAD", headers: { authorization: signedFor("s3") } });
  assert.deepEqual([response.status, await response.text()], [404, ""]);
});

test("X-Amz-Target names service and operation without a signature", async (t) => {
  const server = await running(t);
  const headers = {
    "x-amz-target": "Logs_20140328.CreateLogGroup",
    "content-type": "application/x-amz-json-1.1; charset=utf-8",
  };
  const response = await server.fetch("/", { method: "POST", headers, body: '{"logGroupName":"g"}' });
  assert.equal(response.status, 200);
  assert.deepEqual(server.seen[0]?.input, { logGroupName: "g" });
});

test("a form with Action and Version finds its service in body and query string", async (t) => {
  const server = await running(t);
  assert.equal((await server.fetch("/", { method: "POST", body: IDENTITY_FORM, headers: FORM })).status, 200);
  assert.equal((await server.fetch(`/?${IDENTITY_FORM}`)).status, 200);
  assert.deepEqual(
    server.seen.map(({ operation }) => operation),
    ["GetCallerIdentity", "GetCallerIdentity"],
  );
});

test("a service nobody registered is a 404 that names it", async (t) => {
  const server = await running(t);
  const response = await server.fetch("/", { method: "POST", headers: { authorization: signedFor("rekognition") } });
  assert.equal(response.status, 404);
  assert.match(await response.text(), /The service rekognition is not part of Lambent/);
});

test("requests that name no service go to the other surfaces first", async (t) => {
  const server = await running(t, {
    unrouted: (request, response) => {
      if (request.url !== "/health") return false;
      response.end("well");
      return true;
    },
  });
  assert.equal(await (await server.fetch("/health")).text(), "well");
  assert.equal((await server.fetch("/other")).status, 404);
});

test("a modelled operation without a handler is a 501 that names it", async (t) => {
  const server = await running(t);
  const response = await server.fetch("/2016-08-19/account-settings");
  assert.equal(response.status, 501);
  assert.equal(response.headers.get("x-amzn-errortype"), "NotImplementedException");
  assert.match(await response.text(), /lambda:GetAccountSettings/);
});

test("an operation the service does not have is told in its protocol", async (t) => {
  const server = await running(t);
  const rest = await server.fetch("/2015-03-31/nothing");
  assert.deepEqual([rest.status, rest.headers.get("x-amzn-errortype")], [404, "UnknownOperationException"]);
  const headers = { "x-amz-target": "Logs_20140328.Nothing", "content-type": "application/x-amz-json-1.1" };
  const json = await server.fetch("/", { method: "POST", headers });
  assert.deepEqual([json.status, JSON.parse(await json.text()).__type], [400, "UnknownOperationException"]);
  const query = await server.fetch("/", { method: "POST", headers: FORM, body: "Action=Nothing&Version=2011-06-15" });
  assert.equal(query.status, 400);
  assert.match(await query.text(), /<Code>InvalidAction<\/Code>/);
});

test("a target of another service is not taken for this one", async (t) => {
  const server = await running(t);
  const headers = {
    authorization: signedFor("logs"),
    "x-amz-target": "AmazonSQS.CreateLogGroup",
    "content-type": "application/x-amz-json-1.1",
  };
  assert.equal((await server.fetch("/", { method: "POST", headers, body: "{}" })).status, 400);
});

test("Lambda's modelled errors carry their type, and the message by the model's spelling", async (t) => {
  const server = await running(t, {}, () => {
    throw new lambda.ResourceNotFoundException({
      Message: "Function not found",
      message: "Function not found",
      $metadata: {},
    });
  });
  const response = await server.fetch("/2015-03-31/functions/f");
  assert.deepEqual([response.status, response.headers.get("x-amzn-errortype")], [404, "ResourceNotFoundException"]);
  assert.deepEqual(await response.json(), { Type: "User", Message: "Function not found" });
});

test("an error member bound to a header is sent as one", async (t) => {
  const server = await running(t, {}, () => {
    throw new lambda.TooManyRequestsException({ message: "Rate Exceeded.", retryAfterSeconds: "7", $metadata: {} });
  });
  const response = await server.fetch("/2015-03-31/functions/f");
  assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "7"]);
  assert.deepEqual(await response.json(), { Type: "User", message: "Rate Exceeded." });
});

test("a query-compatible service tells the code of its former protocol", async (t) => {
  const server = await running(t);
  const headers = { "x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0" };
  const json = await server.fetch("/", { method: "POST", headers, body: '{"QueueUrl":"u","MessageBody":"b"}' });
  assert.equal(json.headers.get("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
  assert.equal(JSON.parse(await json.text()).__type, "com.amazonaws.sqs#QueueDoesNotExist");
  const query = await server.fetch("/", {
    method: "POST",
    headers: FORM,
    body: "Action=SendMessage&Version=2012-11-05&QueueUrl=u&MessageBody=b",
  });
  assert.match(await query.text(), /<Type>Sender<\/Type><Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/);
});

test("an unmodelled error is shown with its own code, escaped", async (t) => {
  const server = await running(t);
  const body =
    "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::000000000000:role/some-role&RoleSessionName=session";
  const response = await server.fetch("/", { method: "POST", headers: FORM, body });
  assert.equal(response.status, 403);
  assert.match(await response.text(), /<Code>AccessDenied<\/Code><Message>not &lt;you&gt;<\/Message>/);
});

test("anything else that is thrown is an InternalFailure whose text stays in the log", async (t) => {
  const server = await running(t, {}, () => {
    throw new Error("the database password is hunter2");
  });
  const response = await server.fetch("/2015-03-31/functions/f");
  const text = await response.text();
  assert.deepEqual([response.status, response.headers.get("x-amzn-errortype")], [500, "InternalFailure"]);
  assert.doesNotMatch(text, /hunter2/);
  assert.match(server.logLines.join(""), /hunter2.*requestId=[0-9a-f-]{36}/s);
});

test("an exception of another service that a handler let through is a bug, not an answer", async (t) => {
  const { ResourceNotFoundException } = await import("@aws-sdk/client-cloudwatch-logs");
  const server = await running(t, {}, () => {
    throw new ResourceNotFoundException({ message: "no group", $metadata: {} });
  });
  assert.equal((await server.fetch("/2015-03-31/functions/f")).status, 500);
});

test("constraint violations answer in the service's words", async (t) => {
  const server = await running(t);
  const inLambda = await server.fetch("/2015-03-31/functions/bad%20name");
  assert.deepEqual([inLambda.status, inLambda.headers.get("x-amzn-errortype")], [400, "ValidationException"]);
  assert.match(
    JSON.parse(await inLambda.text()).message,
    /^1 validation error detected: Value 'bad name' at 'functionName'/,
  );
  const headers = { "x-amz-target": "Logs_20140328.GetLogEvents", "content-type": "application/x-amz-json-1.1" };
  const inLogs = await server.fetch("/", { method: "POST", headers, body: '{"logStreamName":"s","limit":10001}' });
  assert.equal(JSON.parse(await inLogs.text()).__type, "InvalidParameterException");
  const inSts = await server.fetch("/", {
    method: "POST",
    headers: FORM,
    body: "Action=AssumeRole&Version=2011-06-15",
  });
  assert.match(
    await inSts.text(),
    /<Code>ValidationError<\/Code><Message>2 validation errors detected: Value null at 'roleArn'/,
  );
});

test("status codes come from the operation's model", async (t) => {
  const server = await running(t);
  const body = JSON.stringify({ FunctionName: "f", Role: "arn:aws:iam::000000000000:role/r", Code: {} });
  assert.equal((await server.fetch("/2015-03-31/functions", { method: "POST", body })).status, 201);
  const arn = encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:f");
  const tagged = await server.fetch(`/2017-03-31/tags/${arn}`, { method: "POST", body: '{"Tags":{"a":"b"}}' });
  assert.deepEqual([tagged.status, await tagged.text()], [204, ""]);
});

test("bodies over AWS's limit are refused with AWS's text, and the connection survives", async (t) => {
  const server = await running(t);
  const large = "x".repeat(6_291_457);
  const sync = await server.fetch(INVOKE, { method: "POST", body: large });
  assert.deepEqual([sync.status, sync.headers.get("x-amzn-errortype")], [413, "RequestEntityTooLargeException"]);
  assert.match(await sync.text(), /Request must be smaller than 6291456 bytes for the InvokeFunction operation/);
  assert.equal((await server.fetch(INVOKE, { method: "POST", body: large.slice(0, 1_048_577) })).status, 200);
});

test("a response stream that breaks ends in an error frame, without the thrown text", async (t) => {
  const server = await running(t);
  const client = new lambda.LambdaClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  t.after(() => client.destroy());
  const { EventStream } = await client.send(new lambda.InvokeWithResponseStreamCommand({ FunctionName: "f" }));
  const chunks: string[] = [];
  await assert.rejects(
    async () => {
      for await (const event of EventStream ?? [])
        chunks.push(Buffer.from(event.PayloadChunk?.Payload ?? "").toString());
    },
    (error: Error) => !error.message.includes("secret"),
  );
  assert.deepEqual(chunks, ["first"]);
  assert.match(server.logLines.join(""), /a secret of the handler/);
});

test("a caller that leaves aborts the call's signal", async () => {
  const aborted = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const services = sampleServices(async ({ call }) => {
    call.signal.addEventListener("abort", () => aborted.resolve());
    started.resolve();
    await aborted.promise;
  });
  await using server = await serve(services);
  const abort = new AbortController();
  const request = fetch(server.endpoint + INVOKE, { method: "POST", signal: abort.signal });
  await started.promise;
  abort.abort();
  await assert.rejects(request);
  await aborted.promise;
});

test("pages of foreign sites can make no calls, signed or not; local pages can", async (t) => {
  const server = await running(t);
  const from = async (headers: Record<string, string>, query = ""): Promise<number> =>
    (await server.fetch(INVOKE + query, { method: "POST", headers })).status;
  assert.equal(await from({ origin: "https://example.com" }), 403);
  assert.equal(await from({ origin: "null" }), 403);
  assert.equal(await from({ "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await from({ origin: "http://localhost:3000" }), 200);
  assert.equal(await from({ origin: "http://localhost.example.com" }), 403);
  const origin = "https://example.com";
  assert.equal(await from({ origin, authorization: signedFor("lambda") }), 403);
  const presigned =
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260101%2Fus-east-1%2Flambda%2Faws4_request&X-Amz-Signature=0";
  assert.equal(await from({ origin }, presigned), 403);
});

test("on loopback a host name that could be anybody's is refused, so no page gets here by letting its name lead here", async (t) => {
  const server = await running(t);
  const { port } = new URL(server.endpoint);
  const called = async (host: string): Promise<number> => {
    const request = send({ host: "127.0.0.1", port, path: INVOKE, method: "POST", headers: { host } }).end();
    const [response]: readonly IncomingMessage[] = await once(request, "response");
    response?.resume();
    return response?.statusCode ?? 0;
  };
  for (const host of ["evil.example", `evil.example:${port}`, "localhost.evil.example", "127.0.0.1.evil.example"])
    assert.equal(await called(host), 403, host);
  const own = ["localhost", `127.0.0.1:${port}`, `[::1]:${port}`, "lambent:4566", "lambda.us-east-1.localhost"];
  for (const host of [...own, "lambda.us-east-1.amazonaws.com", "host.docker.internal:4566"])
    assert.equal(await called(host), 200, host);
});

test("a service is loaded by the first request that names it, once", async () => {
  let loads = 0;
  const [first] = sampleServices(() => undefined);
  assert.ok(first);
  const counted: Service = {
    ...first,
    load() {
      loads++;
      return first.load();
    },
  };
  await using server = await serve([counted]);
  assert.equal(loads, 0);
  await Promise.all([1, 2, 3].map(() => fetch(server.endpoint + INVOKE, { method: "POST" })));
  assert.equal(loads, 1);
});

test("a service that fails to load is a 500, and the next request tries again", async () => {
  let loads = 0;
  const [first] = sampleServices(() => undefined);
  assert.ok(first);
  const flaky = { ...first, load: () => (loads++ === 0 ? Promise.reject(new Error("disk")) : first.load()) };
  await using server = await serve([flaky]);
  assert.equal((await fetch(server.endpoint + INVOKE, { method: "POST" })).status, 500);
  assert.equal((await fetch(server.endpoint + INVOKE, { method: "POST" })).status, 200);
});

test("a call inside the process reaches the handler with its principal, and exceptions as they were thrown", async (t) => {
  const server = await running(t, {}, ({ operation }) => {
    if (operation === "GetFunction")
      throw new lambda.ResourceNotFoundException({ Message: "no", message: "no", $metadata: {} });
  });
  const principal = { kind: "service", accountId: "111111111111", arn: "arn:aws:iam::111111111111:role/x" } as const;
  const identity = { principal, region: "eu-central-1" };
  const found = await server.wire.client<typeof sts>("sts", identity).call("GetCallerIdentity", {});
  assert.equal(found.Account, "111111111111");
  assert.equal(server.seen[0]?.call.region, "eu-central-1");
  await assert.rejects(
    server.wire.client<typeof lambda>("lambda", identity).call("GetFunction", { FunctionName: "f" }),
    lambda.ResourceNotFoundException,
  );
  await assert.rejects(server.wire.client<typeof lambda>("lambda", identity).call("GetAccountSettings", {}), {
    code: "NotImplementedException",
  });
  assert.throws(() => server.wire.client("nothing", identity));
});
