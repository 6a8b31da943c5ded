/** How functions fail: payload, headers and the lines of the log, from the tables of AWS's own answers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAILING, type FailingFunction } from "./support/failing-functions.ts";
import { type House, openHouse } from "./support/house.ts";
import type { Answer } from "./support/raw.ts";

let house: House;
let withPython = false;

before(async () => {
  house = await openHouse();
  const probe = "import sys\ndef handler(event, context):\n    return sys.version_info[1]\n";
  const { json } = await house.create("python", { "index.py": probe }, { Runtime: "python3.13" });
  withPython = json["State"] === "Pending" && (await house.invoke("python", {})).status === 200;
});

after(() => house?.[Symbol.asyncDispose]());

test("every failure has AWS's payload, headers and log lines", async (t) => {
  for (const [at, row] of FAILING.entries()) {
    if (row.runtime.startsWith("python") && !withPython) continue;
    await t.test(row.when, () => fails(`fails-${at}`, row));
  }
});

async function fails(name: string, row: FailingFunction): Promise<void> {
  const file = row.runtime.startsWith("python") ? "index.py" : "index.js";
  const { runtime: Runtime, handler: Handler = "index.handler" } = row;
  await house.create(name, { [file]: row.source }, { Runtime, Handler, ...row.settings });
  const answer = await house.invoke(name, {}, { "x-amz-log-type": "Tail" });
  const id = answer.headers["x-amzn-requestid"] ?? "";

  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers["x-amz-function-error"], "Unhandled", answer.text);
  assert.equal(answer.headers["x-amz-executed-version"], "$LATEST");
  assert.equal(answer.headers["content-type"], "application/json");
  const payload: Record<string, unknown> = JSON.parse(answer.text.replaceAll(id, "ID"));
  const { [row.trace ?? ""]: trace, ...rest } = payload;
  assert.deepEqual(rest, row.payload);
  if (row.trace !== undefined) assert.ok(Array.isArray(trace) && trace.length > 0, answer.text);

  const tail = tailOf(answer).replaceAll(id, "ID");
  const cold = row.init === true ? "" : "Init Duration: \\d+\\.\\d\\d ms\\t";
  const report = `REPORT RequestId: ID\\tDuration: \\d+\\.\\d\\d ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: [1-9]\\d* MB\\t${cold}${row.report ?? ""}\\n`;
  assert.match(tail, new RegExp(`^START RequestId: ID Version: \\$LATEST\\n[^]*END RequestId: ID\\n${report}$`));
  const messages = await house.logged(name, (lines) => lines.some((line) => line.startsWith("REPORT")));
  const kinds = messages.map((line) => /^(INIT_START|INIT_REPORT|START|END|REPORT)\b/.exec(line)?.[1]).filter(Boolean);
  const inits = row.init === true ? ["INIT_REPORT", "INIT_REPORT"] : [];
  assert.deepEqual(kinds, ["INIT_START", ...inits, "START", "END", "REPORT"]);
  if (row.init !== true) return;
  const [first = "", second = ""] = messages.filter((line) => line.startsWith("INIT_REPORT"));
  assert.match(first, new RegExp(`^INIT_REPORT Init Duration: \\d+\\.\\d\\d ms\\tPhase: init\\t${row.report}\\n$`));
  assert.match(second, new RegExp(`^INIT_REPORT Init Duration: \\d+\\.\\d\\d ms\\tPhase: invoke\\t${row.report}\\n$`));
}

function tailOf(answer: Answer): string {
  return Buffer.from(answer.headers["x-amz-log-result"] ?? "", "base64").toString();
}
