import assert from "node:assert/strict";
import { test } from "node:test";
import { reportIn } from "./report.ts";

test("a text report of a cold start is read whole", () => {
  const log = [
    "START RequestId: 8f5 Version: $LATEST",
    "END RequestId: 8f5",
    "REPORT RequestId: 8f5\tDuration: 12.34 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 100.10 ms\t",
    "",
  ].join("\n");
  assert.deepEqual(reportIn(log), { durationMs: 12.34, billedMs: 113, initMs: 100.1, memoryMb: 128, usedMb: 64 });
});

test("a warm report has no init duration, and the last report counts", () => {
  const forged =
    "REPORT RequestId: 1\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 1 MB\tMax Memory Used: 1 MB\t";
  const real =
    "REPORT RequestId: 2\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t";
  assert.deepEqual(reportIn(`${forged}\n${real}\n`), {
    durationMs: 2,
    billedMs: 2,
    initMs: undefined,
    memoryMb: 128,
    usedMb: 40,
  });
});

test("a JSON report is read, and lines that only look like JSON are passed over", () => {
  const metrics = { durationMs: 3.5, billedDurationMs: 4, memorySizeMB: 256, maxMemoryUsedMB: 50 };
  const report = JSON.stringify({ type: "platform.report", record: { requestId: "x", metrics } });
  const log = `${report}\n{"platform.report" is not JSON\n`;
  assert.deepEqual(reportIn(log), { durationMs: 3.5, billedMs: 4, initMs: undefined, memoryMb: 256, usedMb: 50 });
});

test("a log without a report gives none", () => {
  assert.equal(reportIn("hello\n"), undefined);
  assert.equal(reportIn(""), undefined);
});
