import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "./bounded-map.ts";

test("what was used longest ago gives way to what comes, and whoever asked hears of it", () => {
  const gone: string[] = [];
  const map = new BoundedMap<number, string>(2, (value) => gone.push(value));
  map.set(1, "a");
  map.set(2, "b");
  assert.equal(map.get(1), "a");
  map.set(3, "c");
  assert.equal(map.get(2), undefined);
  assert.equal(map.peek(1), "a");
  map.set(4, "d");
  assert.deepEqual([...map.values()], ["c", "d"]);
  map.set(3, "other");
  map.set(3, "other");
  map.delete(4);
  assert.deepEqual(gone, ["b", "a", "c"]);
  map.clear();
  assert.deepEqual(gone, ["b", "a", "c", "other"]);
  assert.equal(map.get(3), undefined);
});
