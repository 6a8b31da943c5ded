import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lineLog } from "../../base/index.ts";
import { runtimeContract } from "../contract.ts";
import type { Interpreter } from "../runtime.ts";
import { createRuntimes } from "../runtimes.ts";
import { RuntimeProcess } from "../testing/runtime-process.ts";

const BOOTSTRAP = join(import.meta.dirname, "bootstrap/bootstrap.py");
const TASK_ROOT = join(import.meta.dirname, "../fixtures/python");

const cacheFolder = mkdtempSync(join(tmpdir(), "lambent-python-"));
after(() => rmSync(cacheFolder, { recursive: true, force: true }));

/** Every Python on this machine that is exactly what a runtime asks for, newest first. */
async function findPythons(): Promise<{ readonly minor: number; readonly interpreter: Interpreter }[]> {
  const log = lineLog("error", (line) => process.stderr.write(line));
  const runtimes = createRuntimes({ cacheFolder, hostNode: process.execPath, log });
  const found = [];
  for (const runtime of runtimes.all()) {
    if (runtime.family !== "python") continue;
    const interpreter = await runtime.findInterpreter({ strict: false });
    const minor = Number(runtime.name.split(".")[1]);
    if (interpreter.notice === undefined) found.push({ minor, interpreter });
  }
  return found;
}

const pythons = await findPythons();
assert.ok(pythons.length > 0, "no Python of 3.9 to 3.15 is on this machine");

function startWith(interpreter: Interpreter): RuntimeProcess {
  const args = [interpreter.program, "-u", "-X", "utf8", BOOTSTRAP];
  return new RuntimeProcess({ args, env: { PYTHONDONTWRITEBYTECODE: "1" } });
}

for (const { minor, interpreter } of pythons) {
  runtimeContract({
    name: `python3.${minor}`,
    executionEnv: `AWS_Lambda_python3.${minor}`,
    taskRoot: TASK_ROOT,
    handler: (module, exportName) => `${module}.${exportName}`,
    start: () => startWith(interpreter),
    logLine: (requestId, text) =>
      new RegExp(`^\\[WARNING\\]\\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\\t${requestId}\\t${text}$`),
  });
}

async function ready(handler: string, variables: Record<string, string> = {}): Promise<RuntimeProcess> {
  const [newest] = pythons;
  assert.ok(newest !== undefined);
  const python = startWith(newest.interpreter);
  await python.next("waiting");
  python.init(handler, TASK_ROOT, variables);
  return python;
}

async function served(handler: string, variables: Record<string, string> = {}): Promise<RuntimeProcess> {
  const python = await ready(handler, variables);
  await python.next("initDone");
  return python;
}

test("an error's payload and log line are what AWS writes, indented with hard spaces", async () => {
  await using python = await served("failures.failsOnRequest");
  const requestId = python.invoke({ fail: true });
  const body = (await python.next("error")).body.toString();
  const file = join(TASK_ROOT, "failures.py");
  assert.equal(
    body,
    `{"errorMessage": "no order 7", "errorType": "OrderNotFound", "requestId": "${requestId}", ` +
      `"stackTrace": ["  File \\"${file}\\", line 12, in failsOnRequest\\n    raise OrderNotFound(\\"no order 7\\")\\n"]}`,
  );
  assert.equal(
    python.logs.at(-1)?.text,
    `[ERROR] OrderNotFound: no order 7\nTraceback (most recent call last):\n` +
      `\u00a0\u00a0File "${file}", line 12, in failsOnRequest\n\u00a0\u00a0\u00a0\u00a0raise OrderNotFound("no order 7")`,
  );
});

test("init errors carry AWS's types and texts", async () => {
  const cases = [
    [
      "nodot",
      "Runtime.MalformedHandlerName",
      /^Bad handler 'nodot': not enough values to unpack \(expected 2, got 1\)$/,
    ],
    ["sys.handler", "Runtime.BuiltInModuleConflict", /^Cannot use built-in module sys as a handler module$/],
    ["missing.handler", "Runtime.ImportModuleError", /^Unable to import module 'missing': No module named 'missing'$/],
    [
      "imports_nothing_there.handler",
      "Runtime.ImportModuleError",
      /^Unable to import module 'imports_nothing_there': No module named 'no_such_module'$/,
    ],
    [
      "misspelt.handler",
      "Runtime.UserCodeSyntaxError",
      /^Syntax error in module 'misspelt': .*\(misspelt\.py, line 1\)$/,
    ],
    ["answers.none", "Runtime.HandlerNotFound", /^Handler 'none' missing on module 'answers'$/],
    ["throws_while_loading.handler", "LookupError", /^no configuration$/],
  ] as const;
  for (const [handler, errorType, message] of cases) {
    await using python = await ready(handler);
    const error = await python.next("initError");
    assert.equal(error.errorType, errorType, handler);
    const payload = JSON.parse(error.body.toString());
    assert.match(payload.errorMessage, message);
    assert.equal(payload.requestId, "");
    assert.equal(await python.exited, 1);
    assert.match(python.logs[0]?.text ?? "", /^\[WARNING\]\t\S+Z\t\tLAMBDA_WARNING: Unhandled exception\./);
    assert.match(python.logs[1]?.text ?? "", new RegExp(`^\\[ERROR\\] ${errorType.replace(".", "\\.")}: `));
  }
});

test("a set in the result is a marshal error", async () => {
  await using python = await served("failures.answersWithASet");
  python.invoke({});
  const payload = JSON.parse((await python.next("error")).body.toString());
  assert.equal(payload.errorMessage, "Unable to marshal response: Object of type set is not JSON serializable");
  assert.equal(payload.errorType, "Runtime.MarshalError");
});

test("a handler that yields, and a list that holds itself, are marshal errors: nothing streams here", async () => {
  for (const [name, message] of [
    ["yields", "Unable to marshal response: Object of type generator is not JSON serializable"],
    ["circles", "Unable to marshal response: Circular reference detected"],
  ]) {
    await using python = await served(`odd_answers.${name}`);
    python.invoke({});
    const payload = JSON.parse((await python.next("error")).body.toString());
    assert.deepEqual([payload.errorType, payload.errorMessage], ["Runtime.MarshalError", message]);
  }
});

test("decimals, named tuples and bytes leave as AWS's encoder writes them", async () => {
  await using python = await served("odd_answers.answers");
  for (const [kind, text] of [
    ["decimal", '{"price": 1.10, "none": NaN, "nested": [{"x": 1E+3}]}'],
    ["named tuple", '{"sku": "tea", "count": 2}'],
    ["tuple", "[1, 2]"],
    ["keys", '{"2": "a", "true": "b", "null": "c", "1.5": [9.99]}'],
    ["infinity", "Infinity"],
  ] as const) {
    python.invoke({ kind });
    assert.equal((await python.next("response")).body.toString(), text, kind);
  }
  python.invoke({ kind: "bytes" });
  const raw = await python.next("response");
  assert.deepEqual([raw.body.toString("hex"), raw.contentType], ["00ff", "application/unknown"]);
});

test("text outside ASCII is escaped up to Python 3.11 and UTF-8 since", async () => {
  for (const [executionEnv, text] of [
    ["AWS_Lambda_python3.11", '"\\u00e9"'],
    ["AWS_Lambda_python3.12", '"é"'],
  ] as const) {
    await using python = await served("answers.echo", { AWS_EXECUTION_ENV: executionEnv });
    python.invoke("é");
    assert.equal((await python.next("response")).body.toString(), text);
  }
});

test("a bad event is an unmarshal error", async () => {
  await using python = await served("answers.echo");
  python.invoke(Buffer.from("{nope"));
  const payload = JSON.parse((await python.next("error")).body.toString());
  assert.equal(payload.errorType, "Runtime.UnmarshalError");
  assert.match(payload.errorMessage, /^Unable to unmarshal input: /);
});

test("the root level stays WARNING unless the function's settings name one", async () => {
  for (const [variables, levels] of [
    [{}, ["WARN", "ERROR", "FATAL"]],
    [{ AWS_LAMBDA_LOG_LEVEL: "TRACE" }, ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"]],
    [{ AWS_LAMBDA_LOG_LEVEL: "ERROR", AWS_LAMBDA_LOG_FORMAT: "JSON" }, ["ERROR", "FATAL"]],
  ] as const) {
    await using python = await served("logs.logsAtEveryLevel", variables);
    const before = python.logs.length;
    python.invoke({});
    await python.next("response");
    assert.deepEqual(
      python.logs.slice(before).map(({ level }) => level),
      levels,
    );
  }
});

test("JSON lines have AWS's members, with the error and the extras where there are some", async () => {
  await using python = await served("logs.logsAnError", { AWS_LAMBDA_LOG_FORMAT: "JSON" });
  const requestId = python.invoke({});
  await python.next("response");
  const { text, json } = python.logs.at(-1) ?? { text: "", json: false };
  const { timestamp, stackTrace, location, ...line } = JSON.parse(text);
  assert.equal(json, true);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(stackTrace[0], /line \d+, in logsAnError/);
  assert.match(location, /logs\.py:logsAnError:\d+$/);
  assert.deepEqual(line, {
    level: "ERROR",
    message: "order 7 failed",
    logger: "root",
    errorType: "KeyError",
    errorMessage: "'tea'",
    requestId,
    order: 7,
  });
});

test("the function's folder comes first on the search path, PYTHONPATH after it, and the runtime's own modules on none", async () => {
  await using python = await served("search_path.tellsItsPath", { PYTHONPATH: "/somewhere" });
  python.invoke({});
  const { path, ownModules, timeZone } = JSON.parse((await python.next("response")).body.toString());
  assert.deepEqual(path.slice(0, 2), [TASK_ROOT, "/somewhere"]);
  assert.equal(path.includes(join(import.meta.dirname, "bootstrap")), false);
  assert.deepEqual(ownModules, []);
  assert.equal(timeZone, "UTC");
});
