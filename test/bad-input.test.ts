/**
 * Bad invocations against a real server, by SDK and by bare sockets. Goal: each is answered with AWS's error, nothing of it
 * reaches a function or holds a slot, and the server has afterwards what it had before.
 */
import assert from "node:assert/strict";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import {
  InvocationType,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import { connectionsTo } from "./support/connections.ts";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { type Gates, gateClient, openGates } from "./support/gates.ts";
import { startServer, type TestServer } from "./support/server.ts";

const SYNC_LIMIT = 6_291_456;
const EVENT_LIMIT = 1_048_576;
const PATH = "/2015-03-31/functions/f/invocations";

let server: TestServer;
let gates: Gates;
let lambda: LambdaClient;

before(async () => {
  gates = await openGates();
  server = await startServer({ args: ["--expose", String(gates.port)] });
  lambda = new LambdaClient(clientConfiguration(server));
  await create("f");
});

after(async () => {
  lambda?.destroy();
  await server?.[Symbol.asyncDispose]();
  await gates?.[Symbol.asyncDispose]();
});

async function create(FunctionName: string, at = lambda): Promise<void> {
  const source = `${gateClient(gates.port)}
export const handler = async (event, { clientContext }) => {
  if (event?.tell) await tell(event.tell);
  if (event?.gate) await wait(event.gate);
  if (event?.done) await tell(event.done);
  return event?.context ? clientContext : JSON.stringify(event).length;
};`;
  await createFunction(at, { FunctionName, files: { "index.mjs": source }, Timeout: 20 });
}

async function invoke(event: string | Uint8Array, more: Partial<InvokeCommandInput> = {}): Promise<string> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: "f", Payload: event, ...more }));
  return Buffer.from(answer.Payload ?? []).toString();
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function post(
  body: string | Uint8Array,
  headers: Record<string, string | string[]> = {},
  path = PATH,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method: "POST", agent: false, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => {
        const type = response.headers["x-amzn-errortype"]?.toString().split(":")[0];
        resolve({ status: response.statusCode ?? 0, type, headers: response.headers, body: text });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A connection that says just what it is told to; `heard` collects the answers. */
async function dial(): Promise<{ socket: Socket; hears: (pattern: RegExp) => Promise<string> }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => socket.destroy());
  let heard = "";
  let changed = Promise.withResolvers<void>();
  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  socket.setEncoding("latin1").on("data", (text: string) => {
    heard += text;
    wake();
  });
  socket.on("close", wake);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const hears = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(heard)) {
      if (socket.destroyed) throw new Error(`closed before ${pattern} was heard: ${heard}`);
      await changed.promise;
    }
    return heard;
  };
  return { socket, hears };
}

test("a payload over 6 MB is refused with AWS's text, before it has come", async () => {
  const tooLarge = {
    name: "RequestEntityTooLargeException",
    message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
  };
  await assert.rejects(invoke(`"${"x".repeat(SYNC_LIMIT)}"`), tooLarge);
  assert.equal(await invoke(`"${"x".repeat(SYNC_LIMIT - 2)}"`), String(SYNC_LIMIT));

  const announced = await dial();
  announced.socket.write(`POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: ${SYNC_LIMIT + 1}\r\n\r\n`);
  assert.match(await announced.hears(/operation"/), /^HTTP\/1\.1 413 .*RequestEntityTooLargeException.*smaller than/s);
  announced.socket.destroy();

  const chunked = await dial();
  chunked.socket.write(`POST ${PATH} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n`;
  for (let sent = 0; sent < 7; sent += 1) chunked.socket.write(chunk);
  assert.match(await chunked.hears(/operation"/), /^HTTP\/1\.1 413 /);
  chunked.socket.destroy();
});

test("an event over 1 MB is refused with AWS's text, and one of 1 MB is taken", async () => {
  const event = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
  await assert.rejects(invoke(event(EVENT_LIMIT + 1), { InvocationType: InvocationType.Event }), {
    name: "RequestEntityTooLargeException",
    message: "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
  });
  await invoke(event(EVENT_LIMIT), { InvocationType: InvocationType.Event });
});

test("bodies that are no JSON are refused by every operation, and odd ones that are JSON are served", async () => {
  const bad = ["{", "nope", "{'a':1}", "[1,]", "NaN", "01", '"\n"', '{"a":1}}', "\u0000", Buffer.from([0xff, 0xfe])];
  const streaming = "/2021-11-15/functions/f/response-streaming-invocations";
  for (const body of bad) {
    for (const [path, headers] of [
      [PATH, {}],
      [PATH, { "x-amz-invocation-type": "Event" }],
      [streaming, {}],
      ["/2014-11-13/functions/f/invoke-async", {}],
    ] as const) {
      const { status, type, body: text } = await post(body, headers, path);
      assert.deepEqual([status, type], [400, "InvalidRequestContentException"], `${path} ${body}`);
      assert.match(text, /"Could not parse request body into json: Could not parse payload into json: /);
    }
  }
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (const [body, expected] of [
    ["", "2"],
    [" [] ", "2"],
    ["\ufeff{}", "2"],
    ['{"a":1,"a":2}', "7"],
    ['"\\ud800"', "8"],
    ["1e400", "4"],
    ["null", "4"],
  ] as const) {
    assert.deepEqual([body, (await post(body, { "content-type": "text/plain" })).body], [body, expected]);
  }
  const { status } = await post(deep);
  assert.ok(status === 200, `a deep document was answered with ${status}`);
});

test("client contexts, types, qualifiers and other headers that are wrong are refused, whatever bytes they hold", async () => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  assert.equal(
    (await post('{"context":1}', { "x-amz-client-context": base64('{"custom":{"a":1}}') })).body,
    '{"custom":{"a":1}}',
  );
  for (const [headers, path, type] of [
    [{ "x-amz-client-context": base64(`{"a":"${"x".repeat(3000)}"}`) }, PATH, "InvalidRequestContentException"],
    [{ "x-amz-client-context": "{}" }, PATH, "InvalidRequestContentException"],
    [{ "x-amz-client-context": base64("[]") }, PATH, "InvalidRequestContentException"],
    [{ "x-amz-client-context": "\xff\xfe" }, PATH, "InvalidRequestContentException"],
    [{ "x-amz-invocation-type": "event" }, PATH, "ValidationException"],
    [{ "x-amz-invocation-type": "" }, PATH, "ValidationException"],
    [{ "x-amz-log-type": "Head" }, PATH, "ValidationException"],
    [{}, `${PATH}?Qualifier=`, undefined],
    [{}, `${PATH}?Qualifier=${"q".repeat(129)}`, "ValidationException"],
    [{}, `${PATH.replace("/f/", "/f:1/")}?Qualifier=2`, "InvalidParameterValueException"],
    [{ "x-amzn-trace-id": "Root=\xff;;;==" }, PATH, undefined],
    [{ "content-encoding": "gzip" }, PATH, "SerializationException"],
    [{ "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" }, PATH, "IncompleteBody"],
  ] as const) {
    const answer = await post("{}", headers, path);
    const told = `${path} ${JSON.stringify(headers)} ${answer.status} ${answer.body}`;
    assert.ok(answer.status < 500, told);
    if (type !== undefined) assert.equal(answer.type, type, told);
  }
});

test("an upload that breaks off runs nothing and holds no slot", async () => {
  await create("aborted");
  const limit = { FunctionName: "aborted", ReservedConcurrentExecutions: 1 };
  await lambda.send(new PutFunctionConcurrencyCommand(limit));
  const path = PATH.replace("/f/", "/aborted/");
  for (const head of [
    "Content-Length: 1000",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue\r\nContent-Length: 9",
  ]) {
    const { socket, hears } = await dial();
    socket.write(`POST ${path} HTTP/1.1\r\nHost: h\r\n${head}\r\n\r\n`);
    if (head.startsWith("Expect")) await hears(/^HTTP\/1\.1 100 Continue/);
    else socket.write(head.startsWith("Transfer") ? '1a\r\n{"tell":"' : '{"tell":"aborted","x":"');
    socket.destroy();
  }
  assert.equal((await post('{"tell":"whole"}', {}, path)).status, 200);
  await gates.told("whole");
  assert.equal(await Promise.race([gates.told("aborted"), "nothing was told"]), "nothing was told");
});

test("a caller that hangs up leaves a function that runs to its end and holds its slot until then", async () => {
  await create("left");
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "left", ReservedConcurrentExecutions: 1 }));
  const path = PATH.replace("/f/", "/left/");
  const sent = request(`${server.url}${path}`, { method: "POST" });
  sent.on("error", () => sent.destroy());
  sent.end('{"tell":"runs","gate":"finish","done":"finished"}');
  await gates.told("runs");
  sent.destroy();
  assert.equal((await post("{}", {}, path)).status, 429);
  gates.open("finish");
  await gates.told("finished");
  for (let status = 429; status !== 200; ) {
    status = (await post("{}", {}, path)).status;
    assert.ok(status === 200 || status === 429);
  }
});

test("requests that a client sends ahead on one connection are answered in their order", async () => {
  const { socket, hears } = await dial();
  const call = (body: string): string =>
    `POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  socket.write(call('{"gate":"pipelined","n":"12345"}') + call("[1]") + call("oops") + call("[1,2]"));
  gates.open("pipelined");
  const heard = await hears(/\r\n\r\n5$/);
  const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  assert.deepEqual(statuses, ["200", "200", "400", "200"]);
  assert.ok(heard.indexOf("\r\n\r\n32") < heard.indexOf("\r\n\r\n3HTTP"), heard);
  socket.destroy();
});

test("a server that stops lets what it runs be answered, and refuses what comes later", async () => {
  await using other = await startServer({ args: ["--expose", String(gates.port)] });
  const its = new LambdaClient({
    endpoint: other.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  try {
    await create("f", its);
    const Payload = '{"tell":"started","gate":"stopping"}';
    const running = its.send(new InvokeCommand({ FunctionName: "f", Payload }));
    await gates.told("started");
    const stopped = other.stop();
    for (let refused = false; !refused; ) {
      const late = connect(Number(new URL(other.url).port), "localhost");
      refused = await new Promise((resolve) =>
        late.once("connect", () => resolve(false)).once("error", () => resolve(true)),
      );
      late.destroy();
    }
    gates.open("stopping");
    assert.equal((await running).StatusCode, 200);
    assert.equal(await stopped, 0);
  } finally {
    its.destroy();
  }
});

test("after all of this the server holds no more connections than before, and has logged no failure", async () => {
  const before = connectionsTo(server.url);
  for (let round = 0; round < 30; round += 1) {
    const { socket } = await dial();
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{`);
    await post("oops");
    socket.destroy();
  }
  for (const deadline = Date.now() + 10_000; connectionsTo(server.url) > before; await new Promise(setImmediate)) {
    assert.ok(Date.now() < deadline, `${connectionsTo(server.url)} connections instead of ${before}`);
  }
  assert.doesNotMatch(server.output(), /"level":"error"|a request failed/);
});
