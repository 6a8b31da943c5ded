/** What an invocation's answer and log look like when all goes well: headers, trace, context, lines in both formats. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, FUNCTIONS, type House, openHouse, settled } from "./support/house.ts";
import type { Answer } from "./support/raw.ts";

const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:says`;
const TRACE = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const STREAM = /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/;
const SAYS = `console.log("while loading");
exports.handler = async (event, context) => {
  if (event.log) {
    console.log("a", { b: 1 });
    console.warn("w");
    console.error("two\\nlines");
    console.debug("d");
    console.trace("t");
    process.stdout.write("raw\\n");
  }
  return { event, context, remaining: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID };
};`;

let house: House;

before(async () => {
  house = await openHouse();
  await house.create("says", { "index.js": SAYS }, { Runtime: "nodejs22.x" });
});

after(() => house?.[Symbol.asyncDispose]());

const tailOf = (answer: Answer): string => Buffer.from(answer.headers["x-amz-log-result"] ?? "", "base64").toString();

test("a synchronous answer has AWS's headers, and the log's request id", async () => {
  const answer = await house.invoke("says", { n: 1 }, { "x-amz-log-type": "Tail" });
  const id = answer.headers["x-amzn-requestid"] ?? "";
  assert.equal(answer.status, 200);
  assert.match(id, UUID);
  assert.equal(answer.headers["content-type"], "application/json");
  assert.equal(answer.headers["x-amz-executed-version"], "$LATEST");
  assert.equal(answer.headers["x-amz-function-error"], undefined);
  assert.equal(answer.headers["x-amzn-remapped-content-length"], "0");
  assert.match(answer.headers["x-amzn-trace-id"] ?? "", TRACE);
  assert.match(
    tailOf(answer),
    new RegExp(`^START RequestId: ${id} Version: \\$LATEST\\nEND RequestId: ${id}\\nREPORT `),
  );
});

test("what other kinds of invocation answer", async () => {
  const rows: readonly (readonly [kind: string, status: number, body: string])[] = [
    ["DryRun", 204, ""],
    ["Event", 202, ""],
  ];
  for (const [kind, status, body] of rows) {
    const answer = await house.invoke("says", {}, { "x-amz-invocation-type": kind, "x-amz-log-type": "Tail" });
    assert.deepEqual([answer.status, answer.text], [status, body], kind);
    assert.equal(answer.headers["x-amz-executed-version"], undefined);
    assert.equal(answer.headers["x-amz-log-result"], undefined);
    assert.match(answer.headers["x-amzn-trace-id"] ?? "", TRACE);
  }
  const old = await house.send("POST", "/2014-11-13/functions/says/invoke-async", "{}");
  assert.equal(old.status, 202);
});

test("a caller's trace reaches the function and comes back", async () => {
  const given = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
  const { headers, json } = await house.invoke("says", {}, { "x-amzn-trace-id": given });
  assert.ok(headers["x-amzn-trace-id"]?.startsWith(`${given};Lineage=`));
  assert.equal(json["trace"], headers["x-amzn-trace-id"]);
});

test("the event is what was sent, an empty body is an empty object", async () => {
  assert.deepEqual((await house.invoke("says")).json["event"], {});
  assert.equal((await house.invoke("says", "[1, null]")).json["event"]?.toString(), "1,");
});

test("the context of Node.js before 24 has AWS's members", async () => {
  const client = Buffer.from('{"custom":{"a":1}}').toString("base64");
  const { headers, json } = await house.invoke("says:$LATEST", {}, { "x-amz-client-context": client });
  const context = Object(json["context"]);
  assert.match(context["logStreamName"], STREAM);
  delete context["logStreamName"];
  assert.deepEqual(context, {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: "$LATEST",
    functionName: "says",
    memoryLimitInMB: "128",
    logGroupName: "/aws/lambda/says",
    clientContext: { custom: { a: 1 } },
    invokedFunctionArn: `${ARN}:$LATEST`,
    awsRequestId: headers["x-amzn-requestid"],
  });
  const remaining = Number(json["remaining"]);
  assert.ok(remaining > 2000 && remaining <= 3000, String(remaining));
});

test("the context and the lines of Python", async () => {
  const source = `import logging
logger = logging.getLogger()
logger.setLevel("INFO")
def handler(event, context):
    logger.info("one\\ntwo")
    logger.error("bad")
    members = [name for name in dir(context) if not name.startswith("_") and not callable(getattr(context, name))]
    return {name: str(getattr(context, name)) for name in members}
`;
  await house.create("python", { "index.py": source }, { Runtime: "python3.13" });
  const { headers, json } = await house.invoke("python", {});
  const id = headers["x-amzn-requestid"] ?? "";
  assert.match(String(json["log_stream_name"]), STREAM);
  assert.deepEqual(
    { ...json, log_stream_name: "" },
    {
      aws_request_id: id,
      client_context: "None",
      function_name: "python",
      function_version: "$LATEST",
      identity: "CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])",
      invoked_function_arn: ARN.replace("says", "python"),
      log_group_name: "/aws/lambda/python",
      log_stream_name: "",
      memory_limit_in_mb: "128",
      tenant_id: "None",
    },
  );
  const lines = await house.logged("python", (all) => all.some((line) => line.startsWith("REPORT")));
  const isOwn = (line: string): boolean => line.startsWith("[") && !line.startsWith("[lambent]");
  const own = lines.filter(isOwn).map((line) => line.replace(/\t\d{4}-[^\t]*Z\t/, "\tTIME\t"));
  assert.deepEqual(own, [`[INFO]\tTIME\t${id}\tone\ntwo\n`, `[ERROR]\tTIME\t${id}\tbad\n`]);
});

test("lines of Node.js in the text format, in the log and in its tail", async () => {
  await house.create("writes", { "index.js": SAYS }, { Runtime: "nodejs22.x" });
  const answer = await house.invoke("writes", { log: true }, { "x-amz-log-type": "Tail" });
  const id = answer.headers["x-amzn-requestid"] ?? "";
  const plain = (text: string): string =>
    text.replaceAll(id, "ID").replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/gm, "TIME");
  const own = [
    "TIME\tID\tINFO\ta { b: 1 }\n",
    "TIME\tID\tWARN\tw\n",
    "TIME\tID\tERROR\ttwo\nlines\n",
    "TIME\tID\tDEBUG\td\n",
    "TIME\tID\tTRACE\tt\n",
  ];
  const lines = (await house.logged("writes", (all) => all.some((line) => line.startsWith("REPORT")))).map(plain);
  assert.match(
    lines[0] ?? "",
    /^INIT_START Runtime Version: nodejs:22\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n$/,
  );
  assert.deepEqual(lines.slice(1, 3), [
    "TIME\tundefined\tINFO\twhile loading\n",
    "START RequestId: ID Version: $LATEST\n",
  ]);
  // What is written past the console comes by another way, so that its place among the others is not sure.
  assert.deepEqual(
    lines.slice(3, -2).filter((line) => line !== "raw\n"),
    own,
  );
  assert.ok(lines.includes("raw\n"));
  assert.equal(lines.at(-2), "END RequestId: ID\n");
  const report =
    /^REPORT RequestId: ID\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n$/;
  assert.match(lines.at(-1) ?? "", report);
  const tail = plain(tailOf(answer));
  assert.ok(tail.startsWith("START RequestId: ID"), "the tail has nothing of the init");
  for (const line of own) assert.ok(tail.includes(line), line);
  const warm = await house.invoke("writes", {}, { "x-amz-log-type": "Tail" });
  assert.match(tailOf(warm), /\tMax Memory Used: \d+ MB\t\n$/);
});

test("the tail is at most the last 4 KB", async () => {
  const source =
    "exports.handler = async () => { for (let n = 0; n < 500; n += 1) console.log('line', n, '\\u00e4'); };";
  await house.create("chatters", { "index.js": source });
  const tail = tailOf(await house.invoke("chatters", {}, { "x-amz-log-type": "Tail" }));
  assert.ok(Buffer.byteLength(tail) <= 4096 && Buffer.byteLength(tail) > 4000);
  assert.match(tail, /line 499 \u00e4\nEND RequestId: .*\nREPORT .*\t\n$/);
});

test("the JSON format writes records for platform and application, at the levels asked for", async () => {
  const LoggingConfig = {
    LogFormat: "JSON",
    SystemLogLevel: "DEBUG",
    ApplicationLogLevel: "WARN",
    LogGroup: "/aws/lambda/json",
  };
  await house.create("json", { "index.js": SAYS }, { Runtime: "nodejs22.x", LoggingConfig });
  const { headers } = await house.invoke("json", { log: true });
  const messages = await house.logged("json", (all) => all.some((line) => line.includes("platform.report")));
  const records: Record<string, unknown>[] = messages
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const kinds = records.map(({ type, level }) => type ?? level);
  assert.deepEqual(kinds, [
    "platform.initStart",
    "platform.initReport",
    "platform.start",
    "WARN",
    "ERROR",
    "platform.runtimeDone",
    "platform.report",
  ]);
  const requestId = headers["x-amzn-requestid"];
  const warning = records[3];
  assert.deepEqual({ ...warning, timestamp: "" }, { timestamp: "", level: "WARN", requestId, message: "w" });
  assert.deepEqual(Object.keys(warning ?? {}), ["timestamp", "level", "requestId", "message"]);
  const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:json`;
  assert.deepEqual(records[2]?.["record"], { requestId, functionArn, version: "$LATEST" });
  const report = Object(records.at(-1)?.["record"]);
  assert.deepEqual(Object.keys(report), ["requestId", "metrics", "status"]);
  assert.deepEqual(Object.keys(report["metrics"]), [
    "durationMs",
    "billedDurationMs",
    "memorySizeMB",
    "maxMemoryUsedMB",
    "initDurationMs",
  ]);
  assert.ok(messages.every((line) => line === "raw\n" || !line.endsWith("\n")));
});

test("versions and aliases: the executed version is a number, the ARN in the context is as it was called", async () => {
  const published = await house.send("POST", `${FUNCTIONS}/says/versions`, {});
  assert.equal(published.json["Version"], "1");
  await house.send("PUT", `${FUNCTIONS}/says/configuration`, { Description: "two" });
  await settled(house.send, "says");
  await house.send("POST", `${FUNCTIONS}/says/versions`, {});
  const weights = { RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } } };
  await house.send("POST", `${FUNCTIONS}/says/aliases`, { Name: "live", FunctionVersion: "1", ...weights });
  const one = await house.invoke("says:1");
  assert.equal(one.headers["x-amz-executed-version"], "1");
  assert.equal(Object(one.json["context"])["invokedFunctionArn"], `${ARN}:1`);
  const seen = new Set<string | undefined>();
  for (let round = 0; round < 40 && seen.size < 2; round += 1) {
    const { headers, json } = await house.invoke("says:live");
    assert.equal(Object(json["context"])["invokedFunctionArn"], `${ARN}:live`);
    assert.equal(Object(json["context"])["functionVersion"], headers["x-amz-executed-version"]);
    seen.add(headers["x-amz-executed-version"]);
  }
  assert.deepEqual([...seen].sort(), ["1", "2"]);
});

test("payloads beyond the limits are refused in AWS's words", async () => {
  const rows: readonly (readonly [bytes: number, kind: string, text: string])[] = [
    [6_291_457, "RequestResponse", "Request must be smaller than 6291456 bytes for the InvokeFunction operation"],
    [1_048_577, "Event", "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"],
  ];
  for (const [bytes, kind, text] of rows) {
    const answer = await house.invoke("says", `"${"x".repeat(bytes - 2)}"`, { "x-amz-invocation-type": kind });
    assert.deepEqual([answer.status, answer.headers["x-amzn-errortype"]], [413, "RequestEntityTooLargeException"]);
    assert.deepEqual(answer.json, { Message: text });
  }
});

test("reserved concurrency of none refuses every invocation as throttled", async () => {
  await house.create("none", { "index.js": SAYS });
  await house.send("PUT", "/2017-10-31/functions/none/concurrency", { ReservedConcurrentExecutions: 0 });
  const answer = await house.invoke("none");
  assert.equal(answer.status, 429);
  assert.deepEqual(answer.json, {
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    Type: "User",
    message: "Rate Exceeded.",
  });
});
