import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedClock } from "../base/testing/simulated-clock.ts";
import { IdleFreezer } from "./idle-freezer.ts";
import { FREEZE_AFTER_MS, FREEZES_PER_TURN_MAX } from "./limits.ts";

interface Trial {
  readonly clock: SimulatedClock;
  readonly freezer: IdleFreezer;
  readonly frozen: string[];
  pass(ms: number): Promise<void>;
  environment(name: string): { freeze(): void };
}

function trial(): Trial {
  const clock = new SimulatedClock();
  const frozen: string[] = [];
  return {
    clock,
    freezer: new IdleFreezer(clock),
    frozen,
    pass: (ms) => clock.advanceTo(clock.now() + ms),
    environment: (name) => ({ freeze: () => void frozen.push(name) }),
  };
}

test("an environment is frozen when it has been idle for long enough, and not when it was invoked before", async () => {
  const { freezer, frozen, pass, environment } = trial();
  const [busy, idle] = [environment("busy"), environment("idle")];
  freezer.watch(idle);
  for (let invocation = 0; invocation < 100; invocation += 1) {
    freezer.watch(busy);
    await pass(FREEZE_AFTER_MS - 1);
    freezer.forget(busy);
  }
  assert.deepEqual(frozen, ["idle"]);
  freezer.watch(busy);
  await pass(FREEZE_AFTER_MS);
  assert.deepEqual(frozen, ["idle", "busy"]);
});

test("many environments share one timer, and none is set while nobody waits to be frozen", async () => {
  const { clock, freezer, frozen, pass, environment } = trial();
  for (let n = 0; n < 3 * FREEZES_PER_TURN_MAX; n += 1) freezer.watch(environment(`${n}`));
  assert.equal(clock.timers, 1);
  await pass(FREEZE_AFTER_MS);
  assert.equal(frozen.length, FREEZES_PER_TURN_MAX);
  assert.equal(clock.timers, 1);
  await pass(FREEZE_AFTER_MS);
  assert.equal(frozen.length, 3 * FREEZES_PER_TURN_MAX);
  assert.equal(clock.timers, 0);
});
