import assert from "node:assert/strict";
import { test } from "node:test";
import { LiftedBytes, parseLifting } from "./lifted-base64.ts";

const MIB = 2 ** 20;
const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7919) >>> 5));
const parse = (value: unknown): unknown => parseLifting(Buffer.from(JSON.stringify(value)));

test("long base64 is there as bytes, wherever it stands, and everything else as JSON has it", () => {
  const [one, two] = [noise(2 * MIB + 1), noise(3 * MIB)];
  const parsed = parse({
    name: 'a "quoted" \\ ü',
    Code: { ZipFile: one.toString("base64") },
    more: [1, two.toString("base64")],
  });
  assert.ok(typeof parsed === "object" && parsed !== null && "Code" in parsed && "more" in parsed && "name" in parsed);
  const { Code, more, name } = parsed;
  assert.equal(name, 'a "quoted" \\ ü');
  const lifted = [Reflect.get(Object(Code), "ZipFile"), Reflect.get(Object(more), 1)];
  for (const [at, value] of lifted.entries()) {
    assert.ok(value instanceof LiftedBytes);
    const original = at === 0 ? one : two;
    assert.ok(value.bytes.equals(original));
    assert.equal(value.text, original.toString("base64"));
  }
});

test("text that is not base64 in its strict form stays text", () => {
  const long = "A".repeat(3 * MIB);
  for (const text of [
    `${long}A`,
    `${long}AAA-`,
    `A=AA${long}`,
    `${long}AAB=`,
    `${long} AAA`,
    `${long}ü`,
    `${long}"\\"`,
  ]) {
    assert.deepEqual(parse({ text }), { text });
  }
});

test("a document that is no JSON is refused, also when it has long base64", () => {
  const long = JSON.stringify("A".repeat(3 * MIB));
  for (const text of [`{"a":${long}`, `{"a":${long}}}`, `${long}${long}`, `{a:${long}}`, `"${"A".repeat(3 * MIB)}`]) {
    assert.throws(() => parseLifting(Buffer.from(text)), SyntaxError);
  }
});
