/** A caller's trace goes on; what is no trace is replaced, part by part. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, systemRandom } from "../base/index.ts";
import type { LineageFunction } from "./lineage.ts";
import { timesInTrace, traceOf } from "./trace.ts";

const functionNamed = (functionName: string): LineageFunction => ({
  accountId: "000000000000",
  region: "us-east-1",
  functionName,
});
const TARGET = functionNamed("f");
const trace = (header?: string, target = TARGET): string =>
  traceOf(header, target, { clock: systemClock, random: systemRandom });
const lineage = (text: string): string | undefined => text.split(";")[3];
/** The trace of the last of a chain of invocations. */
const chain = (...names: string[]): string | undefined =>
  names.reduce<string | undefined>((header, name) => trace(header, functionNamed(name)), undefined);
const ROOT = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT = "53995c3f42cd8ad8";

test("a trace header is made in X-Ray's form or continued", () => {
  const rows: readonly (readonly [header: string | undefined, expected: RegExp])[] = [
    [undefined, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/],
    [`Root=${ROOT};Parent=${PARENT};Sampled=1`, new RegExp(`^Root=${ROOT};Parent=${PARENT};Sampled=1;Lineage=1:`)],
    [`Root=${ROOT}`, new RegExp(`^Root=${ROOT};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:`)],
    [`Root=${ROOT};Lineage=7:a87bd80c:3`, /;Lineage=a87bd80c:3\|[0-9a-f]{8}:0$/],
    [`Root=${ROOT};Lineage=a87bd80c:1|68fd508a:5`, /;Lineage=a87bd80c:1\|68fd508a:5\|[0-9a-f]{8}:0$/],
    [`Root=${ROOT};Lineage=nonsense`, /;Lineage=1:[0-9a-f]{8}:0$/],
    ["Root=evil;Parent=\u0000;Sampled=?", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;/],
    [`Root=${ROOT};x=${"y".repeat(600)}`, /^Root=1-(?!5759e988)/],
  ];
  for (const [header, expected] of rows) assert.match(trace(header), expected, header ?? "none");
});

test("the lineage tells functions apart and stays the same for one", () => {
  assert.equal(lineage(trace()), lineage(trace()));
  assert.notEqual(lineage(trace()), lineage(trace(undefined, functionNamed("g"))));
});

test("each time that a function comes again in a chain is counted, whoever came between", () => {
  assert.match(String(chain("f", "f", "f")), /;Lineage=3:[0-9a-f]{8}:2$/);
  assert.match(String(chain("g", "f", "g", "f")), /;Lineage=[0-9a-f]{8}:1\|[0-9a-f]{8}:1$/);
  assert.equal(timesInTrace(String(chain("f")), TARGET), 1);
  assert.equal(timesInTrace(String(chain("g", "f", "g", "f", "f")), TARGET), 3);
  assert.equal(timesInTrace(String(chain("g")), TARGET), 1);
});

test("a chain of many functions keeps a header that services pass on, and still finds its loop", () => {
  const names = Array.from({ length: 40 }, (_, index) => `f${index}`);
  const header = String(chain(...names, ...names, ...names));
  assert.ok(header.length <= 512, header);
  assert.equal(timesInTrace(header, functionNamed("f0")), 3);
});
