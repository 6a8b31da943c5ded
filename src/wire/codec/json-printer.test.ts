import assert from "node:assert/strict";
import { test } from "node:test";
import { lasting } from "../lasting.ts";
import type { StructShape } from "../schema/shape.ts";
import { encodeStruct } from "./document-encoder.ts";
import { printStruct } from "./json-printer.ts";

const FORMAT = { kind: "json", jsonNames: true } as const;
const TEXT = { kind: "string", name: "Text", traits: {} } as const;

test("answers with lasting items read as those without, whatever stands beside them", () => {
  const item = (name: string): object => ({ Name: name, Internal: "not in the model", At: new Date(1_500) });
  for (const others of [{}, { NextMarker: "more" }, { NextMarker: undefined }]) {
    const plain = { Items: [item('a "quoted" ä'), item("b")], ...others };
    const last = { Items: [lasting(item('a "quoted" ä')), item("b")], ...others };
    const expected = encodeStruct(PAGE, plain, FORMAT);
    assert.deepEqual(JSON.parse(printStruct(PAGE, last, FORMAT)), expected);
    assert.deepEqual(JSON.parse(printStruct(PAGE, last, FORMAT)), expected, "the second time, from what was kept");
    assert.deepEqual(JSON.parse(printStruct(PAGE, plain, FORMAT)), expected);
  }
});

test("a lasting item that is shown by two shapes is printed by each of them", () => {
  const item = lasting({ Name: "a" });
  assert.equal(printStruct(PAGE, { Items: [item] }, FORMAT), '{"items":[{"Name":"a"}]}');
  assert.equal(printStruct(OTHER_PAGE, { Items: [item] }, FORMAT), '{"items":[{}]}');
});

test("a lasting item is printed once, and cannot be changed afterwards", () => {
  let reads = 0;
  const item = lasting({
    get Name(): string {
      reads += 1;
      return "a";
    },
  });
  for (const _ of [1, 2, 3]) printStruct(PAGE, { Items: [item] }, FORMAT);
  assert.equal(reads, 1);
  assert.throws(() => Object.assign(item, { Other: 1 }), TypeError);
});

function struct(name: string, members: readonly (readonly [string, StructShape["members"][number]["shape"]])[]) {
  return {
    kind: "struct",
    name,
    namespace: "test",
    traits: {},
    members: members.map(([member, shape]) => ({
      name: member,
      shape,
      traits: member === "Items" ? { jsonName: "items" } : {},
      required: false,
    })),
  } as const satisfies StructShape;
}

function page(name: string, element: StructShape): StructShape {
  const list = { kind: "list", name: "Items", traits: {}, element, elementTraits: {} } as const;
  return struct(name, [
    ["NextMarker", TEXT],
    ["Items", list],
  ]);
}

const PAGE = page(
  "Page",
  struct("Item", [
    ["Name", TEXT],
    ["At", { kind: "timestamp", name: "At", traits: {} }],
  ]),
);
const OTHER_PAGE = page("OtherPage", struct("Empty", []));
