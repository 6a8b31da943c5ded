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
      const leave = await slots.enter("f", never);
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

test("functions take turns, so that one's burst does not keep another's first start waiting", async () => {
  const slots = new StartSlots(1, systemClock);
  const leave = await slots.enter("burst", never);
  const begun: string[] = [];
  const starts = ["burst", "burst", "burst", "other", "burst", "third"].map(async (name) => {
    const over = await slots.enter(name, never);
    begun.push(name);
    over();
  });
  leave();
  await Promise.all(starts);
  assert.deepEqual(begun, ["burst", "other", "third", "burst", "burst", "burst"]);
});

test("a start that takes long gives its slot away", async () => {
  const slots = new StartSlots(1, systemClock);
  await slots.enter("f", never);
  (await slots.enter("f", never))();
});

test("whoever no longer wants to start leaves the queue", async () => {
  const slots = new StartSlots(1, systemClock);
  const leave = await slots.enter("f", never);
  const change = new AbortController();
  const waiting = slots.enter("f", change.signal);
  const next = slots.enter("f", never);
  change.abort(new Error("changed its mind"));
  await assert.rejects(waiting, /changed its mind/);
  leave();
  (await next)();
});
