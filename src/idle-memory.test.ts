import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "./base/testing/manual-clock.ts";
import { collectAndShrink, IdleMemory, loopUtilization } from "./idle-memory.ts";

function quietAfter(
  quietMs: number,
  busy: () => boolean = () => false,
  utilization: () => number = () => 1,
): { clock: ManualClock; memory: IdleMemory; collections: () => number } {
  const clock = new ManualClock();
  let collections = 0;
  const memory = new IdleMemory({
    clock,
    quietMs,
    busy,
    utilization,
    collect: () => {
      collections += 1;
    },
  });
  return { clock, memory, collections: () => collections };
}

test("a quiet spell after the start is used once", () => {
  const { clock, collections } = quietAfter(1000);
  clock.advance(999);
  assert.equal(collections(), 0);
  clock.advance(1);
  assert.equal(collections(), 1);
  clock.advance(100_000);
  assert.equal(collections(), 1);
});

test("requests put the collection off, and the next quiet spell has one of its own", () => {
  const { clock, memory, collections } = quietAfter(1000);
  clock.advance(800);
  memory.touch();
  clock.advance(800);
  assert.equal(collections(), 0);
  clock.advance(200);
  assert.equal(collections(), 1);
  memory.touch();
  clock.advance(1000);
  assert.equal(collections(), 2);
});

test("while something is worked at nothing is collected, and once after it", () => {
  let busy = true;
  const { clock, collections } = quietAfter(1000, () => busy);
  clock.advance(10_000);
  assert.equal(collections(), 0);
  busy = false;
  clock.advance(1000);
  assert.equal(collections(), 1);
});

test("while it only waits for what is worked at it is collected, once", () => {
  let used = 0.5;
  const { clock, collections } = quietAfter(
    1000,
    () => true,
    () => used,
  );
  clock.advance(10_000);
  assert.equal(collections(), 0);
  used = 0.01;
  clock.advance(1000);
  assert.equal(collections(), 1);
  clock.advance(10_000);
  assert.equal(collections(), 1);
});

test("a loop that never waits is wholly in use", async () => {
  await new Promise(setImmediate);
  const utilization = loopUtilization();
  const end = performance.now() + 20;
  while (performance.now() < end);
  assert.ok(utilization() > 0.9);
});

test("after disposal nothing is collected", () => {
  const { clock, memory, collections } = quietAfter(1000);
  memory[Symbol.dispose]();
  clock.advance(5000);
  assert.equal(collections(), 0);
});

test("a collection makes garbage go", () => {
  let garbage: unknown[] | undefined = Array.from({ length: 500_000 }, (_, index) => ({ index }));
  assert.equal(garbage.length, 500_000);
  garbage = undefined;
  const before = process.memoryUsage().heapUsed;
  collectAndShrink();
  assert.ok(process.memoryUsage().heapUsed < before - 8 * 1024 * 1024);
});
