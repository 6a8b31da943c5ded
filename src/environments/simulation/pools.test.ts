/**
 * Goal: whatever processes do and whatever cannot be made, every invocation gets one answer, from one environment of its
 * own revision, within memory, and nothing is left when nobody invokes. Method: random histories on simulated time.
 * LAMBENT_SIMULATION_HISTORIES sets their number, LAMBENT_SIMULATION_SEED runs one alone and shows it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runHistory } from "./world.ts";

const HISTORIES = Number(process.env["LAMBENT_SIMULATION_HISTORIES"] ?? 1000);
const ONE_SEED = process.env["LAMBENT_SIMULATION_SEED"];

async function requireKept(seed: number): Promise<Awaited<ReturnType<typeof runHistory>>> {
  const history = await runHistory(seed);
  const replay = `LAMBENT_SIMULATION_SEED=${seed} npm test -- src/environments/simulation/pools.test.ts`;
  if (history.violations.length > 0) assert.fail([`replay: ${replay}`, ...history.trace].join("\n"));
  return history;
}

test("random histories of environments keep every promise", async (t) => {
  if (ONE_SEED !== undefined) {
    const { trace } = await requireKept(Number(ONE_SEED));
    for (const line of trace) t.diagnostic(line);
    return;
  }
  const answers = new Map<string, number>();
  for (let seed = 1; seed <= HISTORIES; seed++) {
    for (const [kind, count] of (await requireKept(seed)).answers) answers.set(kind, (answers.get(kind) ?? 0) + count);
  }
  for (const [kind, count] of answers) t.diagnostic(`${count} answers are ${kind}`);
  const wanted = ["ok", "Error", "Sandbox.Timedout", "Runtime.ExitError", "CapacityExceeded", "rejection"];
  assert.deepEqual(
    wanted.filter((kind) => !answers.has(kind)),
    [],
    "what no history reached is not tested",
  );
});

test("the same seed gives the same history of environments, line for line", async () => {
  const first = await runHistory(11);
  assert.ok(first.trace.length > 50);
  assert.deepEqual((await runHistory(11)).trace, first.trace);
  assert.notEqual((await runHistory(12)).fingerprint, first.fingerprint);
});
