import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SortedNames } from "./sorted-names.ts";

const HERE = { accountId: "000000000000", region: "us-east-1" };
const ELSEWHERE = { accountId: "000000000000", region: "eu-west-1" };

test("whatever comes and goes, pages are those of a sorted list, each place's own", () => {
  const name = fc.constantFrom(..."abcdefgh-_Z9".split(""), "ab", "a-b", "a_b");
  const step = fc.record({ adds: fc.boolean(), name, here: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), fc.option(name), fc.integer({ min: 1, max: 5 }), (steps, after, limit) => {
      const names = new SortedNames();
      const known = new Set<string>();
      for (const { adds, name, here } of steps) {
        names[adds ? "add" : "delete"](here ? HERE : ELSEWHERE, name);
        if (here && adds) known.add(name);
        else if (here) known.delete(name);
      }
      const expected = [...known].sort().filter((name) => after === null || name > after);
      assert.deepEqual(names.page(HERE, after ?? undefined, limit), expected.slice(0, limit));
    }),
    { seed: 3 },
  );
});
