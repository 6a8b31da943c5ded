/**
 * Goal: whatever fails, whenever, the data plane keeps its word. Method: thousands of random histories of clients,
 * operators and faults on simulated time, each checked against what was seen; a failing one is printed shortened, with
 * the command that repeats it. LAMBENT_SIMULATION_HISTORIES sets their number, LAMBENT_SIMULATION_SEED runs one alone.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { generatePlan } from "./generate.ts";
import { type Outcome, report, runPlan, runSeed, shrink } from "./history.ts";
import type { Plan } from "./plan.ts";
import type { Range, RangeResult } from "./worker.ts";

const HISTORIES = Number(process.env["LAMBENT_SIMULATION_HISTORIES"] ?? 10_000);
const THREADS = Math.min(2, availableParallelism());
const ONE_SEED = process.env["LAMBENT_SIMULATION_SEED"];
const PLAN_FILE = process.env["LAMBENT_SIMULATION_PLAN"];

async function requireKept(outcome: Outcome): Promise<void> {
  if (outcome.violations.length === 0) return;
  assert.fail(report(outcome, await shrink(outcome)));
}

if (PLAN_FILE !== undefined) {
  test("the history of the given plan keeps every promise", async (t) => {
    const plan: Plan = JSON.parse(readFileSync(PLAN_FILE, "utf8"));
    const outcome = await runPlan(plan);
    for (const line of outcome.trace) t.diagnostic(line);
    await requireKept(outcome);
  });
} else if (ONE_SEED !== undefined) {
  test("the history of the given seed keeps every promise", async (t) => {
    const outcome = await runSeed(Number(ONE_SEED));
    for (const line of outcome.trace) t.diagnostic(line);
    await requireKept(outcome);
  });
} else {
  test("random histories of clients, operators and faults keep every promise", async (t) => {
    const kinds = new Map<string, number>();
    const count = Math.ceil(HISTORIES / THREADS);
    const ranges = Array.from({ length: THREADS }, (_, index) => inThread({ first: 1 + index * count, count }));
    for (const { failure, reached } of await Promise.all(ranges)) {
      if (failure !== undefined) assert.fail(failure);
      for (const [kind, times] of reached) kinds.set(kind, (kinds.get(kind) ?? 0) + times);
    }
    for (const [kind, count] of kinds) t.diagnostic(`${count} of ${HISTORIES} histories came to ${kind}`);
    const never = REACHED.filter((kind) => !kinds.has(kind));
    if (HISTORIES >= 1000) assert.deepEqual(never, [], "what no history reached is not tested");
  });

  test("the same seed gives the same history, line for line", async () => {
    for (const seed of [7, 42, 4711]) {
      const first = await runSeed(seed);
      const second = await runSeed(seed);
      assert.ok(first.trace.length > 50, "something happened");
      assert.deepEqual(second.trace, first.trace);
      assert.equal(second.fingerprint, first.fingerprint);
    }
    assert.notEqual((await runSeed(1)).fingerprint, (await runSeed(2)).fingerprint);
  });

  test("a queue that loses, doubles or forgets is found, and the history that shows it is shortened", async () => {
    for (const defect of ["lost-ack", "lost-message", "old-body", "early"] as const) {
      const found = await firstFailing(defect);
      assert.ok(found !== undefined, `${defect} was not found`);
      const shortest = await shrink(found);
      assert.ok(shortest.violations.some(({ rule }) => rule === found.violations[0]?.rule));
      assert.ok(shortest.plan.steps.length < 10, `${shortest.plan.steps.length} steps show ${defect}`);
    }
  });
}

async function inThread(range: Range): Promise<RangeResult> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: range });
  const [result] = await once(worker, "message");
  return result;
}

async function firstFailing(defect: NonNullable<Plan["defect"]>): Promise<Outcome | undefined> {
  for (let seed = 1; seed <= 500; seed++) {
    const outcome = await runPlan({ ...generatePlan(seed), defect });
    if (outcome.violations.length > 0) return outcome;
  }
  return undefined;
}

/** What at least some histories must come to, lest a change of the generator leaves it untried. */
const REACHED = [
  "Success",
  "RetriesExhausted",
  "EventAgeExceeded",
  "ZeroReservedConcurrency",
  "RecursiveInvocation",
  "Dropped",
  "TooManyRequestsException/ReservedFunctionConcurrentInvocationLimitExceeded",
  "TooManyRequestsException/ConcurrentInvocationLimitExceeded",
  "ResourceConflictException",
  "StoreUnavailable",
  "crash",
  "stop",
  "function told",
  "queue told",
  "told twice after a fault",
];
