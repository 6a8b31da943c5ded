import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStepFor, timingLine } from "./invocation.ts";

const next = (errorType: string): string | undefined =>
  nextStepFor({ functionError: "Unhandled", payload: JSON.stringify({ errorType }) }, "hello");

test("more memory is advised where it ran out, and not for any exit", () => {
  assert.match(next("Runtime.OutOfMemory") ?? "", /--memory MB/);
  assert.match(next("Runtime.ExitError") ?? "", /lambent logs hello/);
  assert.match(next("Sandbox.Timedout") ?? "", /--timeout SECONDS/);
});

test("the init that a report has is named so, since nobody waits for the one of a provisioned environment", () => {
  const report = { durationMs: 1, billedMs: 4, initMs: 2.6, memoryMb: 128, usedMb: 48 };
  const facts = {
    statusCode: 200,
    executedVersion: "1",
    functionError: undefined,
    payload: "",
    log: "",
    roundTripMs: 9,
  };
  assert.equal(
    timingLine({ ...facts, report }),
    "ok · init 2.6 ms · ran 1.00 ms, billed 4 ms · 48 of 128 MB · 9.0 ms round trip",
  );
  assert.match(timingLine({ ...facts, report: { ...report, initMs: undefined } }), /^ok · warm · ran/);
});
