import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../base/index.ts";
import { startOf } from "./logs.ts";

test("--since takes an age or a time", () => {
  const now = Date.UTC(2026, 0, 2);
  assert.equal(startOf("30s", now), now - 30_000);
  assert.equal(startOf("10m", now), now - 600_000);
  assert.equal(startOf("2h", now), now - 7_200_000);
  assert.equal(startOf("1d", now), now - 86_400_000);
  assert.equal(startOf("2026-01-01T00:00:00Z", now), now - 86_400_000);
});

test("any other --since is refused with what to write", () => {
  assert.throws(
    () => startOf("yesterday", 0),
    (error) => error instanceof UserError && error.code === "bad-since",
  );
});
