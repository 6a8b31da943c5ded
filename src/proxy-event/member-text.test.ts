import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memberText } from "./member-text.ts";

test("a member's text is what was written, wherever its name comes again", () => {
  const json = '{ "a": {"body": 1}, "bo\\u0064y" : { "x" : [1, {"body":2}, "}\\"," ] } , "c":"body" }';
  assert.equal(memberText(json, "body"), '{ "x" : [1, {"body":2}, "}\\"," ] }');
  assert.equal(memberText('{"body":1,"body":[2, 3]}', "body"), "[2, 3]");
  assert.equal(memberText('{"a":{"body":1}}', "body"), undefined);
  assert.equal(memberText("{}", "body"), undefined);
});

test("of any object each member's text reads as its value", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1), (object, indent) => {
      const json = JSON.stringify(object, undefined, indent);
      for (const [name, value] of Object.entries(object)) {
        const text = memberText(json, name);
        assert.deepEqual(JSON.parse(text ?? "none"), JSON.parse(JSON.stringify(value)));
      }
    }),
    { seed: 3, numRuns: 300 },
  );
});
