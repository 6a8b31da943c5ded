/** Wildcards against a plain matcher, and how the work grows on hostile patterns. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, parsePolicy } from "./index.ts";
import { Pattern } from "./pattern.ts";
import { BOB } from "./testing/rows.ts";

const OPTIONS = { wildcards: true, variables: false };
const nothing = (): undefined => undefined;

/** Row by row through all pairs of positions. */
function plain(pattern: string, text: string): boolean {
  let row = [true, ...Array.from(text, () => false)];
  for (const character of pattern) {
    const next = [character === "*" && (row[0] ?? false)];
    for (let at = 1; at <= text.length; at += 1) {
      const one = character === "?" || character === text[at - 1];
      next.push(character === "*" ? Boolean(next[at - 1] || row[at]) : Boolean(one && row[at - 1]));
    }
    row = next;
  }
  return row.at(-1) ?? false;
}

test("patterns match what a plain matcher says they match", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
  const patterns = fc.string({ unit: fc.constantFrom("a", "b", "c", "*", "?"), maxLength: 12 });
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      assert.equal(new Pattern(pattern, OPTIONS).matches(text, nothing), plain(pattern, text));
    }),
    { numRuns: 5_000 },
  );
});

test("patterns made of the text itself match it, also with runs longer than a word", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 60, maxLength: 200 });
  const wild = fc.array(fc.tuple(fc.nat(199), fc.constantFrom("*", "?")), { maxLength: 8 });
  fc.assert(
    fc.property(text, wild, letterOr(), (whole, changes, extra) => {
      const units = Array.from(whole);
      for (const [at, unit] of changes) if (at < units.length) units[at] = unit;
      const pattern = `*${units.slice(extra).join("")}*`;
      assert.equal(new Pattern(pattern, OPTIONS).matches(whole, nothing), true);
      assert.equal(new Pattern(`${pattern}c`, OPTIONS).matches(whole, nothing), false);
      assert.equal(
        new Pattern(pattern, OPTIONS).matches(`x${whole.slice(1)}`, nothing),
        plain(pattern, `x${whole.slice(1)}`),
      );
    }),
  );
});

function letterOr(): fc.Arbitrary<number> {
  return fc.nat(10);
}

const SIZE = 100_000;
const hostile: readonly (readonly [name: string, pattern: string, text: string])[] = [
  ["*a*a*a…", "*a".repeat(SIZE / 2), `${"a".repeat(SIZE)}b`],
  ["a*a*a…b", `${"a*".repeat(SIZE / 2)}b`, "a".repeat(SIZE)],
  ["*aaa…b*", `*${"a".repeat(SIZE / 2)}b*`, "a".repeat(SIZE)],
  ["*?*?*?…b", `${"*?".repeat(SIZE / 4)}b*c`, "a".repeat(SIZE)],
  ["****…b", `${"*".repeat(SIZE)}b*`, "a".repeat(SIZE)],
  ["*ab*ab*…", "*ab".repeat(SIZE / 3), "ab".repeat(SIZE / 2).slice(1)],
];

for (const [name, pattern, text] of hostile) {
  test(`the hostile pattern ${name} of 100 KB is decided in steps that grow with the text`, () => {
    const steps = { count: 0 };
    new Pattern(pattern, OPTIONS).matches(text, nothing, steps);
    assert.ok(steps.count <= 3 * (pattern.length + text.length), `${steps.count} steps`);
  });
}

test("question marks within a run cost a step for each 32 of it", () => {
  const pattern = `*${"a?".repeat(500)}b*`;
  const text = "a".repeat(SIZE);
  const steps = { count: 0 };
  assert.equal(new Pattern(pattern, OPTIONS).matches(text, nothing, steps), false);
  assert.ok(steps.count <= text.length * Math.ceil(pattern.length / 32) + pattern.length, `${steps.count} steps`);
});

test("a hostile policy of 100 KB is parsed and decided", () => {
  const wild = "*a?".repeat(SIZE / 3);
  const Resource = [
    `arn:aws:s3:::${wild}`,
    `arn:aws:s3:::${"${".repeat(SIZE / 2)}`,
    `arn:aws:s3:::${"${a,'".repeat(SIZE / 5)}`,
  ];
  const Condition = { StringLike: { "aws:UserAgent": wild }, ArnLike: { "aws:SourceArn": `arn:aws:s3:::${wild}` } };
  const document = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: `s3:${wild}`, Resource, Condition }],
  };
  const policy = parsePolicy(JSON.stringify(document), "identity");
  const context = new Map([["aws:useragent", ["a".repeat(SIZE)]]]);
  const request = {
    principal: BOB,
    action: `s3:${"a".repeat(1000)}`,
    resource: `arn:aws:s3:::${"a".repeat(1000)}`,
    context,
  };
  assert.equal(decide(request, { identity: [policy] }).allowed, false);
});
