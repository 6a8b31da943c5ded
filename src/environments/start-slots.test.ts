import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/index.ts";
import { StartSlots } from "./start-slots.ts";

const never = new AbortController().signal;

test("no more starts run at once than there are slots, in the order in which they came", async () => {
  const slots = new StartSlots(2, systemClock);
  const running = new Set<number>();
  const begun: number[] = [];
  let most = 0;
  await Promise.all(
    [0, 1, 2, 3, 4].map(async (start) => {
      const leave = await slots.enter(never);
      begun.push(start);
      running.add(start);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(start);
      leave();
      leave();
    }),
  );
  assert.equal(most, 2);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
});

test("a start that takes long gives its slot away", async () => {
  const slots = new StartSlots(1, systemClock);
  await slots.enter(never);
  (await slots.enter(never))();
});

test("whoever no longer wants to start leaves the queue", async () => {
  const slots = new StartSlots(1, systemClock);
  const leave = await slots.enter(never);
  const change = new AbortController();
  const waiting = slots.enter(change.signal);
  const next = slots.enter(never);
  change.abort(new Error("changed its mind"));
  await assert.rejects(waiting, /changed its mind/);
  leave();
  (await next)();
});
