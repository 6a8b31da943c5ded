import assert from "node:assert/strict";
import { test } from "node:test";
import { describeExit, processEnded, telemetryErrorType, timedOut } from "./failure.ts";

test("an exit is described in AWS's words", () => {
  const exit = (code?: number, signal?: string, outOfMemory = false) => describeExit({ code, signal, outOfMemory });
  assert.equal(exit(0), "Runtime exited without providing a reason");
  assert.equal(exit(1), "Runtime exited with error: exit status 1");
  assert.equal(exit(undefined, "SIGABRT"), "Runtime exited with error: signal: aborted");
  assert.equal(exit(137, undefined, true), "Runtime exited with error: signal: killed");
});

test("running out of memory has its own type", () => {
  const { errorType, payload } = processEnded("id", { code: undefined, signal: "SIGKILL", outOfMemory: true });
  assert.equal(errorType, "Runtime.OutOfMemory");
  assert.equal(
    Buffer.from(payload).toString(),
    '{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: id Error: Runtime exited with error: signal: killed"}',
  );
});

test("a time limit is named with two decimals", () => {
  assert.match(Buffer.from(timedOut("id", 3000).payload).toString(), /Task timed out after 3\.00 seconds"}$/);
});

test("only types of AWS's form go into telemetry", () => {
  assert.equal(telemetryErrorType("Runtime.ImportModuleError"), "Runtime.ImportModuleError");
  assert.equal(telemetryErrorType("Function.not a name"), "Function.Unknown");
  assert.equal(telemetryErrorType("TypeError"), "Runtime.Unknown");
});
