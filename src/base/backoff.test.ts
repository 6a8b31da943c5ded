import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "./backoff.ts";

test("waits double from the least to the most, however often it failed", () => {
  const limits = { minMs: 1000, maxMs: 300_000 };
  assert.deepEqual(
    [0, 1, 2, 3, 9, 10, 100_000].map((attempt) => backoff(attempt, limits)),
    [1000, 1000, 2000, 4000, 256_000, 300_000, 300_000],
  );
});
