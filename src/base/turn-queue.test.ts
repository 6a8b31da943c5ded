import assert from "node:assert/strict";
import { test } from "node:test";
import { TurnQueue } from "./turn-queue.ts";

function queueOf(...waiters: readonly string[]): TurnQueue<string> {
  const queue = new TurnQueue<string>();
  for (const waiter of waiters) queue.add(waiter.charAt(0), waiter);
  return queue;
}

function drained(queue: TurnQueue<string>): string {
  const order: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) order.push(next);
  return order.join(" ");
}

test("lanes take turns, each in its own order", () => {
  const queue = queueOf("a1", "a2", "a3", "b1", "c1", "b2");
  assert.deepEqual(queue.lanes(), ["a", "b", "c"]);
  assert.equal(queue.peek(), "a1");
  assert.equal(drained(queue), "a1 b1 c1 a2 b2 a3");
  assert.equal(queue.size, 0);
});

test("whoever leaves is not given a turn, and may leave twice", () => {
  const queue = queueOf("a1", "a2", "b1");
  queue.remove("a", "a1");
  queue.remove("a", "a1");
  assert.equal(queue.size, 2);
  assert.equal(queue.takeFrom("b"), "b1");
  assert.equal(queue.takeFrom("b"), undefined);
  assert.equal(drained(queue), "a2");
});

test("the longest lane gives way to one that is shorter by more than one", () => {
  const queue = queueOf("a1", "a2", "a3", "b1", "b2");
  assert.equal(queue.giveWayTo("b"), undefined);
  assert.equal(queue.giveWayTo("a"), undefined);
  assert.equal(queue.giveWayTo("c"), "a3");
  assert.equal(queue.giveWayTo("c"), "a2");
  assert.equal(drained(queue), "a1 b1 b2");
});
