import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "./random.ts";

test("random hex has the length asked for and does not repeat, across many refills of the pool", () => {
  const seen = new Set<string>();
  for (let draw = 0; draw < 2000; draw += 1) {
    const text = systemRandom.hex(16);
    assert.match(text, /^[0-9a-f]{32}$/);
    seen.add(text);
  }
  assert.equal(seen.size, 2000);
  assert.doesNotMatch([...seen].join(""), /0{24}/);
});

test("a draw larger than the pool is served as well", () => {
  assert.equal(systemRandom.hex(5000).length, 10_000);
});

test("fractions lie in [0, 1)", () => {
  for (let draw = 0; draw < 100; draw += 1) {
    const value = systemRandom.fraction();
    assert.ok(value >= 0 && value < 1);
  }
});
