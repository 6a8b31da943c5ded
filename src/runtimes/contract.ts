/**
 * What every framed runtime owes, whatever its language: the suite that each of them runs. A runtime comes as a function
 * that starts its bootstrap in a plain process; its fixtures have the same names in every language.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY_BYTES_MAX } from "./frames.ts";
import type { RuntimeProcess } from "./testing/runtime-process.ts";

export interface RuntimeUnderTest {
  /** Stands in the tests' titles. */
  readonly name: string;
  readonly executionEnv: string;
  /** Folder of the fixtures. */
  readonly taskRoot: string;
  /** Handler of `export` in the fixture `module`. */
  readonly handler: (module: string, exportName: string) => string;
  readonly start: () => RuntimeProcess;
  /** How the runtime prints a log line `text` for a request, without time. */
  readonly logLine: (requestId: string, text: string) => RegExp;
}

export function runtimeContract(runtime: RuntimeUnderTest): void {
  const { name } = runtime;

  const ready = async (module: string, exportName: string, variables: Record<string, string> = {}) => {
    const process = runtime.start();
    try {
      await process.next("waiting");
      process.init(runtime.handler(module, exportName), runtime.taskRoot, {
        AWS_EXECUTION_ENV: runtime.executionEnv,
        ...variables,
      });
      return process;
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  };

  test(`${name} hands events to the handler and its results back, whatever they hold`, async () => {
    await using process = await ready("answers", "echo");
    await process.next("initDone");
    const events = [{}, null, 0, "", [1, [2]], { text: 'zażółć 🚀 \u0000 "quoted" \n' }, { "": { a: 1.5e300 } }];
    for (const event of events) {
      const requestId = process.invoke(event);
      const response = await process.next("response");
      assert.equal(response.requestId, requestId);
      assert.deepEqual(JSON.parse(response.body.toString()), event);
    }
  });

  test(`${name} answers null when the handler returns nothing`, async () => {
    await using process = await ready("answers", "answersNothing");
    await process.next("initDone");
    process.invoke({});
    assert.equal((await process.next("response")).body.toString(), "null");
  });

  test(`${name} takes and gives payloads of 6 MB`, async () => {
    await using process = await ready("answers", "echo");
    await process.next("initDone");
    const event = "x".repeat(6 * 1024 * 1024 - 2);
    process.invoke(event);
    assert.equal(JSON.parse((await process.next("response")).body.toString()), event);

    await using other = await ready("answers", "answersWithMegabytes");
    await other.next("initDone");
    other.invoke({ megabytes: 6 });
    assert.equal((await other.next("response")).body.length, 6 * 1024 * 1024);
  });

  test(`${name} cuts what is far too large where the host can see that it was, and serves on`, async () => {
    await using process = await ready("answers", "answersWithMegabytes");
    await process.next("initDone");
    process.invoke({ megabytes: 20 });
    assert.equal((await process.next("response")).body.length, BODY_BYTES_MAX);
    process.invoke({ megabytes: 1 });
    assert.equal((await process.next("response")).body.length, 1024 * 1024);
  });

  test(`${name} keeps the state of its modules from one invocation to the next`, async () => {
    await using process = await ready("answers", "countsItsInvocations");
    await process.next("initDone");
    for (const count of [1, 2, 3]) {
      process.invoke({});
      assert.equal((await process.next("response")).body.toString(), String(count));
    }
  });

  test(`${name} gives the handler its context`, async () => {
    await using process = await ready("answers", "tellsItsContext");
    await process.next("initDone");
    const clientContext = JSON.stringify({ client: { app_title: "shop" }, custom: { a: 1 } });
    const requestId = process.invoke({}, { clientContext, deadlineMs: Date.now() + 2000 });
    const { remainingMs, ...context } = JSON.parse((await process.next("response")).body.toString());
    assert.deepEqual(context, {
      awsRequestId: requestId,
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:telling-name",
      functionName: "telling-name",
      functionVersion: "$LATEST",
      memoryLimit: "128",
      logGroupName: "/aws/lambda/telling-name",
      logStreamName: "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
      clientName: "shop",
    });
    assert.ok(remainingMs > 0 && remainingMs <= 2000, `${remainingMs} ms remain`);
    process.invoke({});
    assert.equal(JSON.parse((await process.next("response")).body.toString()).clientName, null);
  });

  test(`${name} sets the function's variables, and the trace id with each invocation`, async () => {
    const odd = "with 'quotes', \"more\"\nand a new line";
    await using process = await ready("answers", "tellsItsEnvironment", { ODD: odd });
    await process.next("initDone");
    for (const [variable, value] of [
      ["ODD", odd],
      ["AWS_LAMBDA_FUNCTION_NAME", "telling-name"],
      ["_X_AMZN_TRACE_ID", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"],
    ]) {
      process.invoke({ name: variable });
      assert.equal(JSON.parse((await process.next("response")).body.toString()), value);
    }
  });

  test(`${name} reports an error of the handler and serves on`, async () => {
    await using process = await ready("failures", "failsOnRequest");
    await process.next("initDone");
    const requestId = process.invoke({ fail: true });
    const error = await process.next("error");
    assert.equal(error.requestId, requestId);
    assert.equal(error.errorType, "OrderNotFound");
    const payload = JSON.parse(error.body.toString());
    assert.equal(payload.errorType, "OrderNotFound");
    assert.equal(payload.errorMessage, "no order 7");
    assert.equal(process.logs.at(-1)?.level, "ERROR");
    assert.match(process.logs.at(-1)?.text ?? "", /OrderNotFound/);
    process.invoke({ fail: false });
    assert.equal((await process.next("response")).body.toString(), '"served"');
  });

  test(`${name} reports a response that JSON cannot hold`, async () => {
    await using process = await ready("failures", "answersWithACycle");
    await process.next("initDone");
    process.invoke({});
    const payload = JSON.parse((await process.next("error")).body.toString());
    assert.match(payload.errorMessage, /^Unable to (stringify|marshal) response/);
  });

  test(`${name} sends each log call as one event that names its request`, async () => {
    await using process = await ready("logs", "logsALine");
    await process.next("initDone");
    const requestId = process.invoke({ text: "first line\nsecond line" });
    await process.next("response");
    assert.match(process.logs.at(-1)?.text ?? "", runtime.logLine(requestId, "first line\nsecond line"));
    assert.equal(process.logs.length, 2, "one event while loading, one in the invocation");
  });

  test(`${name} leaves standard output alone`, async () => {
    await using process = await ready("logs", "writesToStandardOutput");
    await process.next("initDone");
    process.invoke({ text: "no new line" });
    await process.next("response");
    process.invoke({ text: "|again" });
    await process.next("response");
    process.child.kill("SIGKILL");
    await process.exited;
    assert.equal(process.stdout, "no new line|again");
  });

  test(`${name} fails its init when the module is not there`, async () => {
    await using process = await ready("no-such-file", "handler");
    const error = await process.next("initError");
    assert.equal(error.errorType, "Runtime.ImportModuleError");
    assert.match(JSON.parse(error.body.toString()).errorMessage, /no-such-file/);
    assert.notEqual(await process.exited, 0);
  });

  test(`${name} fails its init when the module does not export the handler`, async () => {
    await using process = await ready("answers", "noSuchExport");
    const error = await process.next("initError");
    assert.equal(error.errorType, "Runtime.HandlerNotFound");
    assert.match(JSON.parse(error.body.toString()).errorMessage, /noSuchExport/);
  });

  test(`${name} fails its init when the module has a syntax error`, async () => {
    await using process = await ready("misspelt", "handler");
    assert.equal((await process.next("initError")).errorType, "Runtime.UserCodeSyntaxError");
  });

  test(`${name} ends with the code that the function exits with`, async () => {
    await using process = await ready("failures", "exits");
    await process.next("initDone");
    process.invoke({ code: 7 });
    assert.equal(await process.exited, 7);
  });

  test(`${name} ends when the host hangs up`, async () => {
    await using process = await ready("answers", "echo");
    await process.next("initDone");
    process.hangUp();
    assert.equal(await process.exited, 1);
  });
}
