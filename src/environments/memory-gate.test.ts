import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/index.ts";
import { MEMORY_RESERVE_MB } from "./limits.ts";
import { MemoryGate } from "./memory-gate.ts";

const never = new AbortController().signal;

function gate(freeMb: () => number, giveUpIdle = (): boolean => false): MemoryGate {
  return new MemoryGate({
    clock: systemClock,
    availableMb: () => freeMb() + MEMORY_RESERVE_MB,
    giveUpIdle,
    waitMs: 50,
  });
}

test("starts in progress count until they are over", async () => {
  const memory = gate(() => 100);
  const leave = await memory.enter(60, never);
  assert.equal(memory.fits(60), false);
  await assert.rejects(memory.enter(60, never), { name: "CapacityExceeded" });
  leave();
  leave();
  (await memory.enter(60, never))();
  assert.equal(memory.fits(100), true);
});

test("who waits is let in first come, first served, and never more than fit", async () => {
  let freeMb = 0;
  const memory = gate(() => freeMb);
  const order: string[] = [];
  const enter = (name: string) => memory.enter(80, never).then(() => order.push(name));
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
  (await memory.enter(80, never))();
});
