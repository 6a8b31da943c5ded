import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("of what arrives together functions begin alternately, and whoever comes later does not wait for all of it", async () => {
  const turns = new Turns();
  const begun: string[] = [];
  const begin = async (name: string): Promise<void> => {
    await turns.enter(name);
    begun.push(name);
  };
  const flood = Array.from({ length: 20 }, () => begin("flood"));
  const others = [begin("one"), begin("one")];
  await new Promise((resolve) => setImmediate(resolve));
  const late = begin("late");
  await late;
  assert.ok(begun.filter((name) => name === "flood").length <= 3, begun.join(" "));
  await Promise.all([...flood, ...others]);
  assert.deepEqual(begun.slice(0, 2), ["flood", "one"]);
  assert.equal(begun.length, 23);
});

test("whoever is alone begins at once", async () => {
  const turns = new Turns();
  assert.equal(turns.enter("f"), undefined);
  assert.equal(turns.enter("g"), undefined);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(turns.enter("f"), undefined);
});
