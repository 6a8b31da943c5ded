import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStepFor, timingLine } from "./invocation.ts";

const REPORT = { durationMs: 1, billedMs: 4, initMs: undefined, memoryMb: 128, usedMb: 48 };
const FACTS = { statusCode: 200, executedVersion: "1", functionError: undefined, payload: "", log: "", roundTripMs: 9 };

const next = (errorType: string): string | undefined =>
  nextStepFor({ functionError: "Unhandled", payload: JSON.stringify({ errorType }) }, "hello");
const line = (start: string, initMs?: number): string =>
  timingLine({ ...FACTS, start, report: { ...REPORT, initMs } }).replace(/ · ran .*/, "");

test("more memory is advised where it ran out, and not for any exit", () => {
  assert.match(next("Runtime.OutOfMemory") ?? "", /--memory MB/);
  assert.match(next("Runtime.ExitError") ?? "", /lambent logs hello/);
  assert.match(next("Sandbox.Timedout") ?? "", /--timeout SECONDS/);
});

test("one line says how an invocation started, what its report says, and how long it took", () => {
  assert.equal(
    timingLine({ ...FACTS, start: "spare", report: { ...REPORT, initMs: 2.6 } }),
    "ok · cold · init 2.6 ms · ran 1.00 ms, billed 4 ms · 48 of 128 MB · 9.0 ms round trip",
  );
  assert.equal(line("warm"), "ok · warm");
  assert.equal(line("warm", 2.6), "ok · warm · init 2.6 ms before", "provisioned: nobody has waited for it");
  assert.equal(line("restart"), "ok · started again");
});
