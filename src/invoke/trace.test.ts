/** A caller's trace goes on; what is no trace is replaced, part by part. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, systemRandom } from "../base/index.ts";
import { traceOf } from "./trace.ts";

const TARGET = { accountId: "000000000000", region: "us-east-1", functionName: "f" } as const;
const trace = (header?: string): string => traceOf(header, TARGET, { clock: systemClock, random: systemRandom });
const ROOT = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT = "53995c3f42cd8ad8";

test("a trace header is made in X-Ray's form or continued", () => {
  const rows: readonly (readonly [header: string | undefined, expected: RegExp])[] = [
    [undefined, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/],
    [`Root=${ROOT};Parent=${PARENT};Sampled=1`, new RegExp(`^Root=${ROOT};Parent=${PARENT};Sampled=1;Lineage=1:`)],
    [`Root=${ROOT}`, new RegExp(`^Root=${ROOT};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:`)],
    [`Root=${ROOT};Lineage=1:a87bd80c:3`, /;Lineage=1:a87bd80c:3$/],
    ["Root=evil;Parent=\u0000;Sampled=?", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;/],
    [`Root=${ROOT};x=${"y".repeat(600)}`, /^Root=1-(?!5759e988)/],
  ];
  for (const [header, expected] of rows) assert.match(trace(header), expected, header ?? "none");
});

test("the lineage tells functions apart and stays the same for one", () => {
  const lineage = (text: string): string | undefined => text.split(";")[3];
  assert.equal(lineage(trace()), lineage(trace()));
  const other = traceOf(undefined, { ...TARGET, functionName: "g" }, { clock: systemClock, random: systemRandom });
  assert.notEqual(lineage(trace()), lineage(other));
});
