import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runtimeContract } from "../contract.ts";
import { RuntimeProcess } from "../testing/runtime-process.ts";

const BOOTSTRAP = join(import.meta.dirname, "bootstrap/index.cjs");
const TASK_ROOT = join(import.meta.dirname, "../fixtures/nodejs");

/** Another version of Node.js may be put to the test by its path. */
const NODE_UNDER_TEST = process.env["NODE_UNDER_TEST"] ?? process.execPath;

function start(program: string = NODE_UNDER_TEST): RuntimeProcess {
  return new RuntimeProcess({ args: [program, BOOTSTRAP], env: {} });
}

async function ready(handler: string, major: number, variables: Record<string, string> = {}): Promise<RuntimeProcess> {
  const node = start();
  await node.next("waiting");
  node.init(handler, TASK_ROOT, { AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${major}.x`, ...variables });
  return node;
}

async function served(handler: string, major: number, variables: Record<string, string> = {}): Promise<RuntimeProcess> {
  const node = await ready(handler, major, variables);
  await node.next("initDone");
  return node;
}

for (const major of [22, 24]) {
  runtimeContract({
    name: `nodejs${major}.x`,
    executionEnv: `AWS_Lambda_nodejs${major}.x`,
    taskRoot: TASK_ROOT,
    handler: (module, exportName) => `${module}.${exportName}`,
    start: () => start(),
    logLine: (requestId, text) =>
      new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\\t${requestId}\\tINFO\\t${text}$`),
  });
}

test("an error's payload has AWS's members in AWS's order and is logged with them", async () => {
  await using node = await served("failures.failsOnRequest", 24);
  node.invoke({ fail: true });
  const body = (await node.next("error")).body.toString();
  assert.match(
    body,
    /^\{"errorType":"OrderNotFound","errorMessage":"no order 7","trace":\["OrderNotFound: no order 7"," {4}at /,
  );
  assert.match(
    node.logs.at(-1)?.text ?? "",
    /\tERROR\tInvoke Error \t\{"errorType":"OrderNotFound","errorMessage":"no order 7",.*"stack":\["/,
  );
});

test("a thrown value that is no error is reported by its type", async () => {
  await using node = await served("failures.throwsText", 22);
  node.invoke({});
  assert.equal(
    (await node.next("error")).body.toString(),
    '{"errorType":"string","errorMessage":"just text","trace":[]}',
  );
});

test("a cycle in the result has a type of its own from Node.js 24 on", async () => {
  for (const [major, errorType] of [
    [22, "Error"],
    [24, "Runtime.JSONStringifyError"],
  ] as const) {
    await using node = await served("failures.answersWithACycle", major);
    node.invoke({});
    assert.equal((await node.next("error")).errorType, errorType);
  }
});

test("callbacks, context.succeed and values returned synchronously complete an invocation up to Node.js 22", async () => {
  for (const [handler, answer] of [
    ["callsBack", '{"got":{"a":1}}'],
    ["succeeds", '{"got":{"a":1}}'],
    ["callsBackBeforeItsTimer", '"at once"'],
    ["neverCallsBack", "null"],
    ["returnsAValue", "null"],
  ] as const) {
    await using node = await served(`callbacks.${handler}`, 22);
    node.invoke({ a: 1 });
    assert.equal((await node.next("response")).body.toString(), answer, handler);
    node.invoke({ a: 1 });
    assert.equal((await node.next("response")).body.toString(), answer, `${handler}, warm`);
  }
});

test("a callback waits for the event loop to be empty unless told otherwise", async () => {
  await using node = await served("callbacks.waitsForItsTimer", 22);
  node.invoke({});
  assert.equal((await node.next("response")).body.toString(), '"after the timer"');
  assert.match(node.logs.at(-1)?.text ?? "", /\ttimer$/);
});

test("an error given to the callback fails the invocation", async () => {
  await using node = await served("callbacks.callsBackWithAnError", 22);
  node.invoke({});
  assert.equal((await node.next("error")).errorType, "Error");
});

test("Node.js 24 refuses handlers that take a callback and answers with what a plain function returns", async () => {
  await using refused = await ready("callbacks.callsBack", 24);
  assert.equal((await refused.next("initError")).errorType, "Runtime.CallbackHandlerDeprecated");
  await using plain = await served("callbacks.returnsAValue", 24);
  plain.invoke({});
  assert.equal((await plain.next("response")).body.toString(), '"a value"');
});

test("a forgotten rejection ends Node.js 22 with 128 after the answer, Node.js 24 with 1 before it", async () => {
  await using before = await served("failures.forgetsARejection", 22);
  before.invoke({});
  assert.equal((await before.next("response")).body.toString(), '"served"');
  assert.equal(await before.exited, 128);
  assert.match(
    before.logs.at(-1)?.text ?? "",
    /\tERROR\tUnhandled Promise Rejection \t\{"errorType":"Runtime.UnhandledPromiseRejection"/,
  );

  await using since = await served("failures.forgetsARejection", 24);
  since.invoke({});
  assert.equal(await since.exited, 1);
  assert.match(since.stderr, /OrderNotFound: nobody caught me/);
});

test("an exception that nobody catches fails the invocation and ends Node.js 22 with 129, Node.js 24 with 1", async () => {
  await using before = await served("failures.throwsLater", 22);
  before.invoke({});
  assert.equal((await before.next("error")).errorType, "OrderNotFound");
  assert.equal(await before.exited, 129);

  await using since = await served("failures.throwsLater", 24);
  since.invoke({});
  assert.equal(await since.exited, 1);
});

test("a promise that can never settle ends the process from Node.js 24 on", async () => {
  await using node = await served("failures.waitsForNothing", 24);
  node.invoke({});
  assert.equal(await node.exited, 0);
});

test("an empty event loop answers null for a plain function up to Node.js 22, whatever promise it returned", async () => {
  await using node = await served("failures.waitsForNothing", 22);
  node.invoke({});
  assert.equal((await node.next("response")).body.toString(), "null");
});

test("the function can ask for garbage collection, as where Node.js was started with --expose-gc", async () => {
  await using node = await served("answers.collectsGarbage", 24);
  node.invoke({});
  assert.equal((await node.next("response")).body.toString(), '"function"');
});

test("an empty event loop fails an async function up to Node.js 22", async () => {
  await using node = await served("failures.awaitsNothing", 22);
  node.invoke({});
  assert.equal((await node.next("error")).errorType, "Runtime.NodeJsExit");
  node.invoke({});
  assert.equal((await node.next("error")).errorType, "Runtime.NodeJsExit");
});

test("levels below AWS_LAMBDA_LOG_LEVEL are not sent", async () => {
  await using node = await served("logs.logsAtEveryLevel", 22, { AWS_LAMBDA_LOG_LEVEL: "WARN" });
  node.invoke({});
  await node.next("response");
  assert.deepEqual(
    node.logs.map(({ level }) => level),
    ["WARN", "ERROR", "FATAL"],
  );
});

test("JSON lines hold values as values and errors with their stack", async () => {
  await using node = await served("logs.logsValues", 24, { AWS_LAMBDA_LOG_FORMAT: "JSON" });
  const requestId = node.invoke({});
  await node.next("response");
  const [loading, value, formatted, error] = node.logs.map(({ text, json }) => {
    assert.equal(json, true);
    return JSON.parse(text);
  });
  assert.deepEqual(Object.keys(value), ["timestamp", "level", "requestId", "message"]);
  assert.equal(loading.requestId, "-");
  assert.deepEqual([value.requestId, value.message], [requestId, { order: 7, lines: ["a"] }]);
  assert.equal(formatted.message, "tea costs 3");
  assert.deepEqual([error.level, error.errorType, error.errorMessage], ["ERROR", "TypeError", "no tea"]);
  assert.equal(error.stackTrace[0], "TypeError: no tea");
});

test("before the first invocation log lines say undefined up to Node.js 22 and a dash since", async () => {
  for (const [major, id] of [
    [22, "undefined"],
    [24, "-"],
  ] as const) {
    await using node = await served("logs.logsALine", major);
    assert.match(node.logs[0]?.text ?? "", new RegExp(`Z\\t${id}\\tINFO\\tmodule loaded$`));
  }
});

test("init errors carry AWS's types and texts", async () => {
  const cases = [
    ["nodot", 24, "Runtime.MalformedHandlerName", /^Bad handler$/],
    ["../up.handler", 24, "Runtime.MalformedHandlerName", /^'\.\.\/up\.handler' is not a valid handler name\./],
    ["answers.none", 24, "Runtime.HandlerNotFound", /^answers\.none is undefined or not exported$/],
    [
      "requires-nothing-there.handler",
      22,
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'no-such-module'\nRequire stack:\n- /,
    ],
    [
      "missing.handler",
      22,
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'missing'\nRequire stack:\n- \/var\/runtime\/index\.mjs$/,
    ],
    ["imports-nothing-there.handler", 24, "Error", /^Cannot find module/],
    ["throws-while-loading.handler", 22, "RangeError", /^no configuration$/],
  ] as const;
  for (const [handler, major, errorType, message] of cases) {
    await using node = await ready(handler, major);
    const error = await node.next("initError");
    assert.equal(error.errorType, errorType, handler);
    assert.match(JSON.parse(error.body.toString()).errorMessage, message);
    assert.equal(await node.exited, 1);
  }
});

/** The end of the response; what its handler does after that is waited for. */
async function endOfStream(node: RuntimeProcess) {
  const end = await node.next("streamEnd");
  if (end.working) assert.equal((await node.next("done")).requestId, end.requestId);
  return end;
}

test("a streamed response leaves in pieces with its content type", async () => {
  for (const major of [22, 24]) {
    await using node = await served("streams.streamsChunks", major);
    for (const order of [7, 8]) {
      const requestId = node.invoke({ order });
      assert.equal((await node.next("streamStart")).contentType, "text/plain");
      assert.equal((await node.next("streamChunk")).body.toString(), `hello {"order":${order}}`);
      const end = await endOfStream(node);
      assert.deepEqual([end.requestId, end.errorType, end.errorBody], [requestId, undefined, undefined]);
    }
  }
});

test("HttpResponseStream puts its prelude and eight NUL bytes in front", async () => {
  await using node = await served("streams.streamsHttp", 24);
  node.invoke({});
  assert.equal((await node.next("streamStart")).contentType, "application/vnd.awslambda.http-integration-response");
  const prelude = '{"statusCode":201,"headers":{"a":"b"}}';
  assert.equal((await node.next("streamChunk")).body.toString(), `${prelude}${"\0".repeat(8)}body`);
});

test("many megabytes can be streamed to a reader that is slower than the writer", async () => {
  await using node = await served("streams.streamsManyMegabytes", 24);
  node.invoke({ megabytes: 30 });
  await node.next("streamStart");
  for (let i = 0; i < 30; i++) assert.equal((await node.next("streamChunk")).body.length, 1024 * 1024);
  await endOfStream(node);
  node.invoke({ megabytes: 0 });
  await node.next("streamStart");
  await endOfStream(node);
});

test("a stream that fails before its first byte is an error, one that fails later ends with it", async () => {
  await using early = await served("streams.failsBeforeItStreams", 24);
  early.invoke({});
  assert.match((await early.next("error")).body.toString(), /"nothing to stream"/);

  await using late = await served("streams.failsWhileItStreams", 22);
  late.invoke({});
  await late.next("streamStart");
  await late.next("streamChunk");
  const end = await endOfStream(late);
  assert.equal(end.errorType, "Error");
  assert.match(end.errorBody ?? "", /"errorMessage":"lost the rest"/);
});

test("what is written in one turn leaves in one frame, what comes later in another", async () => {
  await using node = await served("streams.streamsBytes", 24);
  node.invoke({ bytes: 20_000 });
  await node.next("streamStart");
  assert.equal((await node.next("streamChunk")).body.length, 20_000);
  assert.equal((await node.next("streamChunk")).body.toString(), "later");
  await endOfStream(node);
});

test("all that was written leaves before the error that ends it, however slow the reader is", async () => {
  await using node = await served("streams.failsAfterMegabytes", 24);
  node.invoke({ megabytes: 5 });
  await node.next("streamStart");
  for (let i = 0; i < 5; i++) assert.equal((await node.next("streamChunk")).body.length, 1024 * 1024);
  assert.equal((await endOfStream(node)).errorType, "Error");
  node.invoke({ megabytes: 0 });
  assert.match((await node.next("error")).body.toString(), /"after all that"/);
});

test("what is written after the end is lost, and the response stands", async () => {
  await using node = await served("streams.writesAfterEnd", 24);
  for (let round = 0; round < 2; round += 1) {
    node.invoke({});
    await node.next("streamStart");
    assert.equal((await node.next("streamChunk")).body.toString(), "a");
    assert.equal((await endOfStream(node)).errorType, undefined);
  }
});

test("a response ends with its stream, the invocation with its handler, and up to Node.js 22 with all that is pending", async () => {
  for (const [major, after, work] of [
    [24, "handler", "the handler works on"],
    [22, "handler", "the handler works on"],
    [22, "loop", "a timer works on"],
  ] as const) {
    await using node = await served("streams.worksOn", major);
    const requestId = node.invoke({ after });
    await node.next("streamStart");
    await node.next("streamChunk");
    assert.equal((await node.next("streamEnd")).working, true);
    assert.ok(!node.logs.some(({ text }) => text.includes(work)));
    node.child.kill("SIGUSR2");
    assert.equal((await node.next("done")).requestId, requestId);
    assert.ok(node.logs.some(({ text }) => text.includes(work)));
    assert.equal(
      node.logs.some(({ text }) => text.includes("Invoke Error")),
      after === "handler",
    );
  }
});

test("a content type that comes too late and a stream that is destroyed fail the invocation", async () => {
  for (const [name, message] of [
    ["setsTypeTooLate", /"Runtime.InvalidStreamingOperation","errorMessage":"Cannot set content-type, too late."/],
    ["destroysItsStream", /"errorMessage":"no more"/],
  ] as const) {
    for (const major of [22, 24]) {
      await using node = await served(`streams.${name}`, major);
      node.invoke({});
      await node.next("streamStart");
      await node.next("streamChunk");
      assert.match((await endOfStream(node)).errorBody ?? "", message);
    }
  }
});

test("a pipeline waits for a slow reader, and an empty stream is an empty response", async () => {
  await using node = await served("streams.pipes", 24);
  node.invoke({ chunks: 40, bytes: 256 * 1024 });
  await node.next("streamStart");
  let bytes = 0;
  while (bytes < 40 * 256 * 1024) bytes += (await node.next("streamChunk")).body.length;
  await endOfStream(node);
  const peak = node.logs.map(({ text }) => /ahead (\d+)/.exec(text)?.[1]).filter((found) => found !== undefined);
  assert.ok(Number(peak[0]) < 8 * 1024 * 1024, `${peak[0]} bytes were produced ahead of the reader`);
  node.invoke({ chunks: 0, bytes: 0 });
  await node.next("streamStart");
  await endOfStream(node);
});

const SYSTEM_NODE = "/usr/bin/node";
if (existsSync(SYSTEM_NODE)) {
  test("the bootstrap runs on the Node.js of this system too", async () => {
    await using node = start(SYSTEM_NODE);
    await node.next("waiting");
    node.init("answers.echo", TASK_ROOT, {});
    await node.next("initDone");
    node.invoke({ a: 1 });
    assert.equal((await node.next("response")).body.toString(), '{"a":1}');
  });
}
