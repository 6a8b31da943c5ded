/**
 * From a handler's output to JSON text. Items of a list that never change are printed once and their text is put into later
 * answers as it is; everything else goes through the encoder and JSON.stringify, which nothing in JavaScript outruns.
 * Invariant: the text says what encoder and JSON.stringify would say, members in another order at most.
 */
import { lastingItems } from "../lasting.ts";
import type { Shape, StructShape } from "../schema/shape.ts";
import { type EncodeFormat, encodeDocument, encodeStruct, itemsOf, keyOf } from "./document-encoder.ts";

/** `only` restricts the structure to the members that travel in the body. */
export function printStruct(
  shape: StructShape,
  value: object,
  format: EncodeFormat,
  only: StructShape["members"] = shape.members,
): string {
  const source = value as Readonly<Record<string, unknown>>;
  const lists = only.filter(({ name }) => beginsWithLasting(source[name]));
  if (lists.length === 0) return JSON.stringify(encodeStruct(shape, value, format, only));
  const others = only.filter((member) => !lists.includes(member));
  const text = JSON.stringify(encodeStruct(shape, value, format, others));
  const printed = lists.map((member) => {
    if (member.shape.kind !== "list") throw new Error(`${member.name} of ${shape.name} is no list`);
    const { element } = member.shape;
    const items = itemsOf(member.shape, source[member.name]).map((item) => printItem(element, item, format));
    return `${JSON.stringify(keyOf(member, format))}:[${items.join()}]`;
  });
  return `${text === "{}" ? "{" : `${text.slice(0, -1)},`}${printed.join()}}`;
}

function beginsWithLasting(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const first: unknown = value[0];
  return typeof first === "object" && first !== null && lastingItems.has(first);
}

function printItem(shape: Shape, item: unknown, format: EncodeFormat): string {
  if (typeof item !== "object" || item === null || !lastingItems.has(item)) {
    return JSON.stringify(encodeDocument(shape, item, format));
  }
  const known = lastingItems.get(item);
  if (known?.shape === shape && known.format === format) return known.text;
  const text = JSON.stringify(encodeDocument(shape, item, format));
  lastingItems.set(item, { shape, format, text });
  return text;
}
