/**
 * InvokeWithResponseStream through unmodified clients against a real server: order, pace, ends of every kind, limits. What
 * has to come first is proven by gates (support/gates.ts), never by time.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  type InvokeWithResponseStreamCommandInput,
  LambdaClient,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  TooManyRequestsException,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { connectionsTo } from "./support/connections.ts";
import { type Gates, gateClient, openGates } from "./support/gates.ts";
import { pythonEnvironment } from "./support/python.ts";
import { clientEnvironment, startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const MIB = 1024 * 1024;
const LIMIT = 200 * MIB;

const source = (port: number): string => `${gateClient(port)}
import { once } from "node:events";
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.type) stream.setContentType(event.type);
  if (event.early) throw new RangeError("before the first byte");
  if (event.first) stream.write(event.first);
  if (event.tell) await tell(event.tell, context.awsRequestId);
  if (event.gate) await wait(event.gate);
  if (event.second) stream.write(event.second);
  if (event.throws) throw new TypeError("lost the rest");
  if (event.exit !== undefined) setImmediate(() => process.exit(event.exit));
  if (event.forever) await new Promise(() => {});
  if (event.bytes) await flood(stream, event);
  if (event.unended) return;
  stream.end();
  if (event.late) await wait(event.late);
  if (event.done) await tell(event.done);
});
async function flood(stream, { bytes, blocked }) {
  const chunk = Buffer.alloc(${MIB}, "x");
  let [made, before, standing] = [0, -1, 0];
  const timer = setInterval(() => {
    // A moment without progress is nothing; one that lasts is a reader that does not read.
    standing = stream.writableNeedDrain && made === before ? standing + 1 : 0;
    if (blocked && standing === 20) void tell(blocked, made);
    before = made;
  }, 25);
  while (made < bytes) {
    const piece = chunk.subarray(0, Math.min(chunk.length, bytes - made));
    made += piece.length;
    if (!stream.write(piece)) await once(stream, "drain");
  }
  clearInterval(timer);
}
`;

let server: TestServer;
let gates: Gates;
let lambda: LambdaClient;

before(async () => {
  gates = await openGates();
  server = await startServer({ args: ["--expose", String(gates.port)] });
  lambda = client(server.url);
  await create("streams", { Timeout: 60 });
});

after(async () => {
  lambda?.destroy();
  await server?.[Symbol.asyncDispose]();
  await gates?.[Symbol.asyncDispose]();
});

function client(endpoint: string): LambdaClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new LambdaClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

async function create(name: string, more: object = {}, files?: Record<string, string>, at = lambda): Promise<void> {
  await at.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 256,
      Role: "arn:aws:iam::000000000000:role/lambda",
      Code: { ZipFile: await zip(files ?? { "index.mjs": source(gates.port) }) },
      ...more,
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: at, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: name },
  );
}

interface Ended {
  readonly bytes: number;
  readonly text: string;
  readonly code: string | undefined;
  readonly details: string;
  readonly log: string;
}

async function stream(name: string, event: object, more: Partial<InvokeWithResponseStreamCommandInput> = {}) {
  const Payload = JSON.stringify(event);
  return lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name, Payload, ...more }));
}

/** Reads to the end. `onChunk` is told of each chunk before the next is read. */
async function read(
  answer: Awaited<ReturnType<typeof stream>>,
  onChunk: (text: string) => void = () => undefined,
): Promise<Ended> {
  let [bytes, text] = [0, ""];
  for await (const { PayloadChunk, InvokeComplete } of answer.EventStream ?? []) {
    const piece = PayloadChunk?.Payload;
    if (piece !== undefined) {
      bytes += piece.length;
      if (bytes < MIB) text += Buffer.from(piece).toString();
      onChunk(Buffer.from(piece.subarray(0, 100)).toString());
    }
    if (InvokeComplete !== undefined) {
      const { ErrorCode: code, ErrorDetails: details = "", LogResult = "" } = InvokeComplete;
      return { bytes, text, code, details, log: Buffer.from(LogResult, "base64").toString() };
    }
  }
  throw new Error("the stream ended without InvokeComplete");
}

async function text(name: string, event: object = {}): Promise<string> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  return Buffer.from(Payload ?? []).toString();
}

/** A call without an SDK, whose response nobody reads before `resume`. */
function call(name: string, event: object): Promise<{ sent: ClientRequest; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const path = `/2021-11-15/functions/${name}/response-streaming-invocations`;
    const sent = request(`${server.url}${path}`, { method: "POST", agent: false }, (response) =>
      resolve({ sent, response }),
    );
    sent.on("error", reject);
    sent.end(JSON.stringify(event));
  });
}

function residentMb(): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}

test("a chunk is read before the function may write the next one", async () => {
  const answer = await stream("streams", { type: "text/x", first: "one", gate: "second", second: "two" });
  assert.equal(answer.ResponseStreamContentType, "text/x");
  assert.equal(answer.ExecutedVersion, "$LATEST");
  const { text: all, code } = await read(answer, () => gates.open("second"));
  assert.deepEqual([all, code], ["onetwo", undefined]);
});

test("the same over HTTP/2", async () => {
  const session = connect(server.url);
  try {
    const path = "/2021-11-15/functions/streams/response-streaming-invocations";
    const sent = session.request({ ":method": "POST", ":path": path });
    sent.end(JSON.stringify({ first: "one", gate: "second over 2", second: "two" }));
    const chunks: Buffer[] = [];
    for await (const chunk of sent as AsyncIterable<Buffer>) {
      if (chunks.length === 0) gates.open("second over 2");
      chunks.push(chunk);
    }
    const all = Buffer.concat(chunks).toString("latin1");
    assert.match(all, /PayloadChunk.*one.*PayloadChunk.*two.*InvokeComplete/s);
  } finally {
    session.destroy();
  }
});

test("the same by boto3, with errors that come late and early", { timeout: 240_000 }, async () => {
  const { python } = await pythonEnvironment();
  const journey = join(import.meta.dirname, "fixtures/boto3_streaming.py");
  const env = { ...process.env, ...clientEnvironment(server.url), GATES: `http://127.0.0.1:${gates.port}` };
  await promisify(execFile)(python, [journey], { env });
});

test("every way to end a stream arrives as InvokeComplete after the bytes before it, and the next call is served", async () => {
  await create("ends", { Timeout: 2 });
  const cases = [
    [{ early: true }, "", "RangeError"],
    [{ first: "half", throws: true }, "half", "TypeError"],
    [{ first: "half", exit: 3, forever: true }, "half", "Runtime.ExitError"],
    [{ first: "half", forever: true }, "half", "Sandbox.Timedout"],
    [{ first: "half", unended: true }, "half", "Sandbox.Timedout"],
    [{ unended: true }, "", "Sandbox.Timedout"],
  ] as const;
  const endings = cases.map(async ([event, bytes, errorType]) => {
    const ended = await read(await stream("ends", event, { LogType: "Tail" }));
    assert.equal(ended.text, bytes, JSON.stringify(event));
    assert.equal(ended.code, "Unhandled", JSON.stringify(event));
    assert.equal(JSON.parse(ended.details).errorType, errorType, ended.details);
    assert.match(ended.log, /^START RequestId: .*\nREPORT RequestId: /s);
  });
  await Promise.all(endings);
  assert.equal((await read(await stream("ends", { first: "well" }))).code, undefined);
});

test("a response is complete when its stream has ended, while the function works on and holds its concurrency", async () => {
  for (const Runtime of ["nodejs22.x", "nodejs24.x"]) {
    const name = Runtime.replace(".", "-");
    await create(name, { Runtime, Timeout: 20 });
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 1 }));
    const ended = await read(await stream(name, { first: "early", late: name, done: `${name} done` }));
    assert.deepEqual([ended.text, ended.code], ["early", undefined]);
    await assert.rejects(stream(name, {}), { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" });
    gates.open(name);
    await gates.told(`${name} done`);
    assert.equal((await read(await patiently(name, { first: "again" }))).text, "again");
  }
});

/** Again while the function is throttled: it has said that it is done a moment before it is. */
async function patiently(name: string, event: object): ReturnType<typeof stream> {
  for (const deadline = performance.now() + 10_000; ; ) {
    try {
      return await stream(name, event);
    } catch (error) {
      if (!(error instanceof TooManyRequestsException) || performance.now() > deadline) throw error;
    }
  }
}

test("empty streams, functions that do not stream, and streaming functions that are invoked plainly", async () => {
  const empty = await read(await stream("streams", {}));
  assert.deepEqual([empty.bytes, empty.code], [0, undefined]);
  await create(
    "plain",
    {},
    { "index.mjs": "export const handler = async (event) => { if (event.no) throw 1; return [event]; };" },
  );
  const answer = await stream("plain", { a: 1 });
  assert.equal(answer.ResponseStreamContentType, "application/json");
  assert.equal((await read(answer)).text, '[{"a":1}]');
  assert.equal((await read(await stream("plain", { no: 1 }))).code, "Unhandled");
  assert.equal(await text("streams", { first: "a", second: "b" }), "ab");
  assert.match(await text("streams", { first: "a", throws: true }), /^\{"errorType":"TypeError"/);
  const large = await text("streams", { bytes: 7 * MIB });
  assert.match(large, /\(6291556 bytes\)\.","errorType":"Function.ResponseSizeTooLarge"/);
});

test("DryRun runs nothing, and a qualifier chooses the version", async () => {
  const dry = await stream("streams", { tell: "never" }, { InvocationType: "DryRun" });
  assert.equal(dry.StatusCode, 204);
  await lambda.send(new PublishVersionCommand({ FunctionName: "streams" }));
  await lambda.send(new CreateAliasCommand({ FunctionName: "streams", Name: "live", FunctionVersion: "1" }));
  const answer = await stream("streams", { first: "x" }, { Qualifier: "live" });
  assert.deepEqual([answer.ExecutedVersion, (await read(answer)).text], ["1", "x"]);
  await assert.rejects(stream("streams", {}, { Qualifier: "none" }), { name: "ResourceNotFoundException" });
  const refused = await fetch(`${server.url}/2021-11-15/functions/streams/response-streaming-invocations`, {
    method: "POST",
    headers: { "X-Amz-Invocation-Type": "Event" },
  });
  assert.deepEqual([refused.status, refused.headers.get("x-amzn-errortype")], [400, "ValidationException"]);
});

test("a client that goes, early or late, leaves a function that runs to its end and gives back its slot", async () => {
  await create("left", { Timeout: 60 });
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "left", ReservedConcurrentExecutions: 1 }));
  const early = request(`${server.url}/2021-11-15/functions/left/response-streaming-invocations`, { method: "POST" });
  early.on("error", () => early.destroy());
  early.end(JSON.stringify({ tell: "early", gate: "go on", bytes: 20 * MIB, done: "early done" }));
  await gates.told("early");
  early.destroy();
  await assert.rejects(stream("left", {}), { name: "TooManyRequestsException" });
  gates.open("go on");
  await gates.told("early done");
  await untilServed("left");

  const { sent } = await call("left", { first: "x", bytes: 32 * MIB, blocked: "blocked", done: "late done" });
  sent.on("error", () => sent.destroy());
  await gates.told("blocked");
  sent.destroy();
  await gates.told("late done");
  await untilServed("left");
});

/** The function has ended; its environment is free a moment later. */
async function untilServed(name: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    try {
      await read(await stream(name, {}));
      return;
    } catch (error) {
      if (!(error instanceof Error && error.name === "TooManyRequestsException") || Date.now() > deadline) throw error;
    }
  }
}

test("a content type that no header can hold fails the function as Node's HTTP client does", async () => {
  const { code, details } = await read(await stream("streams", { type: "a\r\nx: y", first: "served" }));
  assert.equal(code, "Unhandled");
  assert.match(details, /"TypeError","errorMessage":"Invalid character in header content \[\\"Content-Type\\"\]"/);
  const latin = await stream("streams", { type: "text/plain; title=\u00fc", first: "served" });
  assert.equal((await read(latin)).text, "served");
});

test("streams that break off leave no connection behind", async () => {
  const breakOff = async (round: number): Promise<void> => {
    const { sent, response } = await call("streams", { first: "x", bytes: 2 * MIB, done: `broken ${round}` });
    response.on("error", () => response.destroy());
    sent.destroy();
    await gates.told(`broken ${round}`);
  };
  const before = connectionsTo(server.url);
  for (let round = 0; round < 20; round += 4) {
    await Promise.all(Array.from({ length: 4 }, (_, index) => breakOff(round + index)));
  }
  for (const deadline = Date.now() + 10_000; connectionsTo(server.url) > before; await new Promise(setImmediate)) {
    assert.ok(Date.now() < deadline, `${connectionsTo(server.url)} connections instead of ${before}`);
  }
});

test("a client that does not read stops the function's writing, and costs the server little", async () => {
  const before = residentMb();
  const { sent, response } = await call("streams", { first: "x", bytes: 64 * MIB, blocked: "slow" });
  const made = Number(await gates.told("slow"));
  assert.ok(made < 32 * MIB, `${made} bytes were written for a client that reads nothing`);
  assert.ok(residentMb() - before < 64, `the server grew by ${residentMb() - before} MB`);
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length;
  assert.ok(bytes > 64 * MIB, "all of it came when the client read");
  assert.ok(residentMb() - before < 160, `the server grew by ${residentMb() - before} MB`);
  sent.destroy();
});

test("200 MB may be streamed; of more, the first 200 MB arrive and then the error", async () => {
  const before = residentMb();
  const ended = await read(await stream("streams", { bytes: LIMIT + 5 * MIB, done: "too much" }));
  assert.ok(residentMb() - before < 160, `the server grew by ${residentMb() - before} MB`);
  assert.deepEqual([ended.bytes, ended.code], [LIMIT, "Unhandled"]);
  assert.equal(
    ended.details,
    '{"errorMessage":"Response payload size exceeded maximum allowed payload size (209715200 bytes).",' +
      '"errorType":"Function.ResponseSizeTooLarge"}',
  );
  await gates.told("too much");
});

test("a server that stops ends streams that will not end, within its grace", async () => {
  await using other = await startServer({ args: ["--expose", String(gates.port)] });
  const its = client(other.url);
  try {
    await create("endless", { Timeout: 60 }, undefined, its);
    const Payload = JSON.stringify({ first: "x", forever: true });
    const answer = await its.send(new InvokeWithResponseStreamCommand({ FunctionName: "endless", Payload }));
    const stopped = Promise.withResolvers<number | null>();
    await assert.rejects(
      read(answer, () => stopped.resolve(other.stop())),
      /aborted|terminated|without InvokeComplete|socket/i,
    );
    assert.equal(await stopped.promise, 0);
  } finally {
    its.destroy();
  }
});
