import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidPattern, parsePattern } from "./index.ts";

const GOOD: Readonly<Record<string, object>> = {
  "any event": {},
  values: { a: ["text", 1, true, null] },
  "nested fields": { detail: { state: ["on"] } },
  "prefix, suffix, wildcard and case": {
    a: [
      { prefix: "x" },
      { suffix: { "equals-ignore-case": "Y" } },
      { "equals-ignore-case": "z" },
      { wildcard: "a*\\*" },
    ],
  },
  numbers: { a: [{ numeric: ["=", 3e2] }, { numeric: [">", 0, "<=", 5.5] }] },
  existence: { a: [{ exists: false }] },
  addresses: { a: [{ cidr: "10.0.0.0/24" }, { cidr: "2001:db8::/32" }] },
  "anything but": {
    a: [{ "anything-but": "x" }, { "anything-but": [1, 2] }, { "anything-but": { prefix: ["x", "y"] } }],
  },
  alternatives: { a: ["x"], $or: [{ b: [1] }, { c: [2] }] },
};

for (const [what, pattern] of Object.entries(GOOD)) {
  test(`a pattern of ${what} is read`, () => {
    parsePattern(JSON.stringify(pattern));
  });
}

const BAD: readonly (readonly [pattern: unknown, reason: string])[] = [
  [null, "Filter is not an object"],
  [[], "Filter is not an object"],
  [{ a: "scalar" }, '"a" must be an object or an array'],
  [{ a: [] }, "Empty arrays are not allowed"],
  [{ a: {} }, "Empty objects are not allowed"],
  [{ a: [[1]] }, "Match value must be String, number, true, false, or null"],
  [{ a: [{ prefix: "x", suffix: "y" }] }, "Only one key allowed in match expression"],
  [{ a: [{ near: "x" }] }, "Unrecognized match type near"],
  [{ a: [{ prefix: 1 }] }, "prefix match pattern must be a string"],
  [{ a: [{ wildcard: "a**" }] }, "Consecutive wildcard characters at pos 1"],
  [{ a: [{ numeric: ["<", 5, ">", 1] }] }, "Too many elements in numeric expression"],
  [{ a: [{ numeric: [">", 5, "<", 1] }] }, "Bottom must be less than top"],
  [{ a: [{ cidr: "10.0.0.0/33" }] }, "Malformed CIDR, invalid block or address: '10.0.0.0/33'"],
  [{ a: [{ "anything-but": ["x", 1] }] }, "Inside anything but list, start|null|boolean is not supported."],
  [{ a: [{ "anything-but": { suffix: "" } }] }, "Null prefix/suffix not allowed"],
  [{ $or: [{ a: [1] }] }, "Unrecognized match type a"],
];

for (const [pattern, reason] of BAD) {
  test(`${JSON.stringify(pattern)} is refused with its reason`, () => {
    assert.throws(() => parsePattern(JSON.stringify(pattern)), new InvalidPattern(reason));
  });
}

test("$or with an operator among its keys is a field of that name", () => {
  const { fields, alternatives } = parsePattern(JSON.stringify({ $or: [{ prefix: "a" }, { suffix: "b" }] }));
  assert.deepEqual([fields.map(({ key }) => key), alternatives], [["$or"], []]);
});

test("text that is no JSON, and nesting without end, are refused", () => {
  assert.throws(() => parsePattern("{"), InvalidPattern);
  assert.throws(() => parsePattern(`${'{"a":'.repeat(400)}["x"]${"}".repeat(400)}`), InvalidPattern);
});
