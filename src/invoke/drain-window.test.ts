/** Goal: a window grows where that ends more messages, and only there. Method: rounds of a simulated machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DrainWindow } from "./drain-window.ts";
import { BOUNDS } from "./limits.ts";

/** Rounds of full windows on a machine that ends `perRound(size)` messages in each. */
function sizes(rounds: number, perRound: (size: number) => number): number[] {
  const window = new DrainWindow();
  const seen: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    window.full(round * BOUNDS.drainWindowMs);
    for (let ended = perRound(window.size); ended > 0; ended -= 1) window.ended();
    window.review((round + 1) * BOUNDS.drainWindowMs);
    seen.push(window.size);
  }
  return seen;
}

test("functions that wait for others run as wide as they may", () => {
  assert.equal(sizes(20, (size) => size * 2).at(-1), BOUNDS.drainWindowMax);
});

test("functions that end nothing for a while are given room at once", () => {
  const [first, second] = sizes(2, () => 0);
  assert.deepEqual([first, second], [BOUNDS.drainWindowFirst * 2, BOUNDS.drainWindowFirst * 4]);
});

test("where the processors are busy the window goes back to what was as fast, and stays", () => {
  const busy = sizes(60, (size) => Math.min(size * 50, 1600));
  assert.equal(busy.at(-1), 32);
});

test("a refusal makes the window as narrow as what still runs, but never nothing", () => {
  const window = new DrainWindow();
  window.refused(3);
  assert.equal(window.size, 3);
  window.refused(0);
  assert.equal(window.size, 1);
});
