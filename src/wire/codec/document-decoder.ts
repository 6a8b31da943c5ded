/**
 * From a parsed JSON or CBOR document to the typed value that the schema promises, checking every step: a value of the
 * wrong type, a union with two members, base64 that is none are refused here, so that handlers may trust their input.
 * Members the schema does not know are ignored, null members are absent. Never copies a key the schema did not name.
 */
import {
  isStruct,
  type ListShape,
  type MapShape,
  type Shape,
  type SimpleShape,
  type StructShape,
} from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";
import { LiftedBytes } from "./lifted-base64.ts";
import { dateOf, parseBase64, parseTimestamp } from "./scalars.ts";

export interface DocumentFormat {
  /** JSON carries blobs as base64 and dates as numbers or text; CBOR has both as types of their own. */
  readonly kind: "json" | "cbor";
  /** Whether members go by their `jsonName` (restJson1 alone). */
  readonly jsonNames: boolean;
  readonly depthMax: number;
}

/** @throws ServiceError SerializationException */
export function decodeDocument(shape: Shape, value: unknown, format: DocumentFormat, depth = 0): unknown {
  if (depth > format.depthMax) throw serializationError("The document is nested too deeply");
  if (isStruct(shape)) return decodeStruct(shape, value, format, depth);
  if (shape.kind === "list") return decodeList(shape, value, format, depth);
  if (shape.kind === "map") return decodeMap(shape, value, format, depth);
  return decodeSimple(shape, value, format, depth);
}

function decodeStruct(shape: StructShape, value: unknown, format: DocumentFormat, depth: number): unknown {
  const source = requireObject(value);
  const target: Record<string, unknown> = {};
  let found = 0;
  for (const member of shape.members) {
    const key = (format.jsonNames ? member.traits.jsonName : undefined) ?? member.name;
    if (!Object.hasOwn(source, key)) continue;
    const item = source[key];
    if (item === null || item === undefined) continue;
    target[member.name] = decodeDocument(member.shape, item, format, depth + 1);
    found++;
  }
  if (shape.kind === "union" && found !== 1) {
    throw serializationError(`Exactly one member of the union ${shape.name} must be set`);
  }
  return target;
}

function decodeList(shape: ListShape, value: unknown, format: DocumentFormat, depth: number): unknown[] {
  if (!Array.isArray(value)) {
    throw serializationError(
      typeof value === "object" && !(value instanceof LiftedBytes)
        ? "Start of structure or map found where not expected."
        : `${kindOf(value)} can not be converted to a list`,
    );
  }
  const items: readonly unknown[] = value;
  return items.map((item) => (item === null ? null : decodeDocument(shape.element, item, format, depth + 1)));
}

function decodeMap(shape: MapShape, value: unknown, format: DocumentFormat, depth: number): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(requireObject(value))) {
    setOwn(target, key, item === null ? null : decodeDocument(shape.value, item, format, depth + 1));
  }
  return target;
}

function requireObject(value: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) throw serializationError("Start of list found where not expected");
  if (typeof value !== "object" || value === null || isScalar(value)) {
    throw serializationError(`${kindOf(value)} found where a structure or map was expected`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function isScalar(value: object): boolean {
  return value instanceof Uint8Array || value instanceof Date || value instanceof LiftedBytes;
}

function decodeSimple(shape: SimpleShape, value: unknown, format: DocumentFormat, depth: number): unknown {
  switch (shape.kind) {
    case "string":
      if (typeof value === "string") return value;
      if (value instanceof LiftedBytes) return value.text;
      throw mismatch(value, "a String");
    case "number":
    case "bigDecimal":
      if (typeof value === "number" && (Number.isFinite(value) || format.kind === "cbor")) return value;
      if (typeof value === "bigint") return Number(value);
      if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
      throw mismatch(value, "a number");
    case "boolean":
      if (typeof value === "boolean") return value;
      throw mismatch(value, "a Boolean");
    case "bigInteger":
      if (typeof value === "bigint") return value;
      if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
      throw mismatch(value, "an Integer");
    case "blob":
      if (value instanceof Uint8Array) return value;
      if (value instanceof LiftedBytes) return value.bytes;
      if (typeof value === "string" && format.kind === "json") return parseBase64(value);
      throw mismatch(value, "a Blob");
    case "timestamp":
      return decodeTimestamp(shape, value, format);
    case "document":
      if (value instanceof LiftedBytes) return value.text;
      checkDepth(value, format.depthMax - depth);
      return value;
    case "unit":
      return {};
  }
}

function decodeTimestamp(shape: SimpleShape, value: unknown, format: DocumentFormat): Date {
  if (value instanceof Date) return dateOf(value.getTime(), "date");
  const expected = shape.format ?? "epoch-seconds";
  if (format.kind === "json") {
    if (typeof value === "number" && expected === "epoch-seconds") return dateOf(value * 1000, String(value));
    if (typeof value === "string" && expected !== "epoch-seconds") return parseTimestamp(value, expected);
  }
  throw mismatch(value, "a Date");
}

function checkDepth(value: unknown, depthLeft: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depthLeft <= 0) throw serializationError("The document is nested too deeply");
  for (const [key, item] of Object.entries(value)) {
    // Nothing in a document says that it is a blob.
    if (item instanceof LiftedBytes) Reflect.set(value, key, item.text);
    else checkDepth(item, depthLeft - 1);
  }
}

/** Sets a key that a client chose; `__proto__` becomes an ordinary member. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

function mismatch(value: unknown, wanted: string): Error {
  if (Array.isArray(value)) return serializationError("Start of list found where not expected");
  if (typeof value === "object" && !(value instanceof LiftedBytes))
    return serializationError("Start of structure or map found where not expected.");
  return serializationError(`${kindOf(value)} can not be converted to ${wanted}`);
}

/** Tokens as AWS's JSON parser names them in its messages. */
function kindOf(value: unknown): string {
  if (typeof value === "string" || value instanceof LiftedBytes) return "STRING_VALUE";
  if (typeof value === "number" || typeof value === "bigint")
    return Number.isInteger(Number(value)) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
  if (typeof value === "boolean") return value ? "TRUE_VALUE" : "FALSE_VALUE";
  return "NULL_VALUE";
}
