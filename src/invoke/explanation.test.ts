import assert from "node:assert/strict";
import { test } from "node:test";
import type { InvocationReport } from "../environments/index.ts";
import { explanationOf } from "./explanation.ts";

const TIMINGS = { source: "spare", waitMs: 1, sandboxMs: 2, attachMs: 3, initMs: 10, interpreterMs: 4 } as const;
const REPORT: InvocationReport = {
  durationMs: 20,
  billedDurationMs: 20,
  memorySizeMb: 128,
  maxMemoryUsedMb: 50,
  initDurationMs: undefined,
  coldStart: false,
  coldTimings: undefined,
};
const explained = (report: Partial<InvocationReport>): object =>
  JSON.parse(explanationOf({ ...REPORT, ...report }, 50)) satisfies object;

test("the start of a cold invocation comes before its duration", () => {
  assert.deepEqual(explained({ coldTimings: TIMINGS, coldStart: true }), {
    start: "spare",
    failedMs: 0,
    waitMs: 1,
    sandboxMs: 2,
    attachMs: 3,
    interpreterMs: 4,
    initMs: 6,
    runMs: 20,
    totalMs: 50,
  });
});

test("a process started inside the invocation is taken from its duration, and what failed before it is named", () => {
  const restart = explained({ restart: { timings: TIMINGS, failed: undefined } });
  assert.deepEqual(restart, {
    start: "restart",
    failedMs: 0,
    waitMs: 1,
    sandboxMs: 2,
    attachMs: 3,
    interpreterMs: 4,
    initMs: 6,
    runMs: 4,
    totalMs: 50,
  });
  assert.deepEqual(explained({ restart: { timings: TIMINGS, failed: TIMINGS } }), { ...restart, failedMs: 16 });
});

test("a warm invocation has no start", () => {
  assert.deepEqual(explained({}), {
    start: "warm",
    failedMs: 0,
    waitMs: 0,
    sandboxMs: 0,
    attachMs: 0,
    interpreterMs: 0,
    initMs: 0,
    runMs: 20,
    totalMs: 50,
  });
});
