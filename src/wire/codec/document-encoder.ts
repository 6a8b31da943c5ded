/**
 * From a handler's output to a document that JSON.stringify or the CBOR writer prints. Follows the schema and leaves out
 * what the schema does not name, so internal fields of a record never leak. Handlers are trusted: no checks here.
 */
import { tag } from "@smithy/core/cbor";
import {
  isSparse,
  isStruct,
  type ListShape,
  type Member,
  type Shape,
  type SimpleShape,
  type StructShape,
} from "../schema/shape.ts";
import { setOwn } from "./document-decoder.ts";
import { printTimestamp } from "./scalars.ts";

const CBOR_EPOCH_TAG = 1;

export interface EncodeFormat {
  readonly kind: "json" | "cbor";
  readonly jsonNames: boolean;
}

export function encodeDocument(shape: Shape, value: unknown, format: EncodeFormat): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" && shape.kind !== "blob") return value;
  if (isStruct(shape)) return encodeStruct(shape, value, format);
  if (shape.kind === "list") {
    const { element } = shape;
    return itemsOf(shape, value).map((item) => encodeDocument(element, item, format));
  }
  if (shape.kind === "map") {
    const sparse = isSparse(shape);
    const target: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined || (item === null && !sparse)) continue;
      setOwn(target, key, encodeDocument(shape.value, item, format));
    }
    return target;
  }
  return encodeSimple(shape, value, format);
}

/** The items of a list that are sent: only a sparse one has nulls. */
export function itemsOf(shape: ListShape, value: unknown): readonly unknown[] {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [...(value as Iterable<unknown>)];
  const hasGaps = items.some((item) => item === null || item === undefined);
  return hasGaps && !isSparse(shape) ? items.filter((item) => item !== null && item !== undefined) : items;
}

/** `only` restricts a structure to the members that travel in the body. */
export function encodeStruct(
  shape: StructShape,
  value: object,
  format: EncodeFormat,
  only: StructShape["members"] = shape.members,
): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  const source = value as Readonly<Record<string, unknown>>;
  for (const member of only) {
    const item = source[member.name];
    if (item === undefined || item === null) continue;
    target[keyOf(member, format)] = encodeDocument(member.shape, item, format);
  }
  return target;
}

export function keyOf(member: Member, format: EncodeFormat): string {
  return (format.jsonNames ? member.traits.jsonName : undefined) ?? member.name;
}

function encodeSimple(shape: SimpleShape, value: unknown, format: EncodeFormat): unknown {
  if (value instanceof Date) {
    const seconds = value.getTime() / 1000;
    if (format.kind === "cbor") return tag({ tag: CBOR_EPOCH_TAG, value: seconds });
    const wanted = shape.format ?? "epoch-seconds";
    return wanted === "epoch-seconds" ? seconds : printTimestamp(value, wanted);
  }
  if (shape.kind === "blob") {
    const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
    if (format.kind === "cbor") return bytes;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  }
  if (format.kind === "json") {
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    if (typeof value === "bigint") return Number(value);
  }
  return value;
}
