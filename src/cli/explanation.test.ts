import assert from "node:assert/strict";
import { test } from "node:test";
import { explanationTable, readExplanation } from "./explanation.ts";

const COLD = {
  start: "spare",
  waitMs: 0.5,
  sandboxMs: 0.25,
  attachMs: 1,
  interpreterMs: 0.125,
  initMs: 4,
  runMs: 2,
  totalMs: 9,
};

test("the steps of a cold start add up to the round trip, with what nobody measured as rows of their own", () => {
  const explanation = readExplanation(JSON.stringify(COLD), 12);
  assert.deepEqual(explanation?.steps, [
    { step: "wait for memory and a turn to start", ms: 0.5 },
    { step: "sandbox", ms: 0.25 },
    { step: "code, limits, credentials", ms: 1 },
    { step: "interpreter, extensions", ms: 0.125 },
    { step: "init of the function's code", ms: 4 },
    { step: "run: event in, answer out", ms: 2 },
    { step: "router, and the end of the log", ms: 1.125 },
    { step: "HTTP, and this client", ms: 3 },
  ]);
});

test("a warm invocation has no steps of a start", () => {
  const explanation = readExplanation(JSON.stringify({ start: "warm", runMs: 2, totalMs: 3 }), 4);
  assert.deepEqual(
    explanation?.steps.map(({ ms }) => ms),
    [2, 1, 1],
  );
});

test("a server that explains nothing gives no explanation", () => {
  assert.equal(readExplanation(undefined, 1), undefined);
});

test("bars are as long as their steps' shares", () => {
  const explanation = readExplanation(JSON.stringify({ start: "warm", runMs: 8, totalMs: 12 }), 12);
  assert.ok(explanation);
  const [head, run, router, http] = explanationTable(explanation).split("\n");
  assert.match(head ?? "", /^warm +ms$/);
  assert.match(run ?? "", / 8\.00 {2}█{30}$/);
  assert.match(router ?? "", / 4\.00 {2}█{15}$/);
  assert.match(http ?? "", / 0\.00$/);
});
