import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/index.ts";
import { MEMORY_RESERVE_MB, MEMORY_WAITERS_MAX } from "./limits.ts";
import { MemoryGate } from "./memory-gate.ts";

const never = new AbortController().signal;

function gate(freeMb: () => number, giveUpIdle = (): boolean => false, waitMs = 50): MemoryGate {
  return new MemoryGate({
    clock: systemClock,
    availableMb: () => freeMb() + MEMORY_RESERVE_MB,
    giveUpIdle,
    waitMs,
  });
}

test("starts in progress count until they are over", async () => {
  const memory = gate(() => 100);
  const leave = await memory.enter("f", 60, never);
  assert.equal(memory.fits(60), false);
  await assert.rejects(memory.enter("f", 60, never), { name: "CapacityExceeded" });
  leave();
  leave();
  (await memory.enter("f", 60, never))();
  assert.equal(memory.fits(100), true);
});

test("who waits is let in first come, first served, and never more than fit", async () => {
  let freeMb = 0;
  const memory = gate(() => freeMb);
  const order: string[] = [];
  const enter = (name: string) => memory.enter("f", 80, never).then(() => order.push(name));
  const first = enter("first");
  const second = enter("second");
  freeMb = 100;
  memory.recheck();
  await first;
  await assert.rejects(second, { name: "CapacityExceeded" });
  assert.deepEqual(order, ["first"]);
});

test("an idle environment is given up before anybody waits in vain", async () => {
  let freeMb = 0;
  const memory = gate(
    () => freeMb,
    () => {
      freeMb = 100;
      setImmediate(() => memory.recheck());
      return true;
    },
  );
  (await memory.enter("f", 80, never))();
});

test("in a full line the function with most waiters gives way to another's first", async () => {
  let freeMb = 0;
  const memory = gate(() => freeMb, undefined, 10_000);
  const outcomes = { burst: 0, refused: 0 };
  const enter = (name: string): Promise<void> =>
    memory.enter(name, 80, never).then(
      (leave) => {
        outcomes.burst += 1;
        leave();
      },
      () => {
        outcomes.refused += 1;
      },
    );
  const burst = Array.from({ length: MEMORY_WAITERS_MAX }, () => enter("burst"));
  await assert.rejects(memory.enter("burst", 80, never), { name: "CapacityExceeded" });
  const other = memory.enter("other", 80, never);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(outcomes, { burst: 0, refused: 1 });
  freeMb = 100;
  memory.recheck();
  (await other)();
  await Promise.all(burst);
  assert.deepEqual(outcomes, { burst: MEMORY_WAITERS_MAX - 1, refused: 1 });
});
