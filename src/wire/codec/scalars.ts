/**
 * Scalars as text, both ways, for every place where a value travels outside of JSON and CBOR: headers, query strings,
 * paths, XML text, forms. Strict: text that is not exactly a value of the kind is refused, never guessed.
 */

import type { SimpleShape, TimestampFormat } from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";

const INTEGER_OR_DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)$/;

/** @throws ServiceError SerializationException */
export function parseScalar(shape: SimpleShape, text: string, defaultFormat: TimestampFormat): unknown {
  switch (shape.kind) {
    case "string":
    case "document":
      return text;
    case "number":
      return parseNumber(text.trim());
    case "boolean":
      return parseBoolean(text.trim());
    case "blob":
      return parseBase64(text);
    case "bigInteger":
      return parseBigInteger(text.trim());
    case "bigDecimal":
      return parseNumber(text.trim());
    case "timestamp":
      return parseTimestamp(text.trim(), shape.format ?? defaultFormat);
    case "unit":
      return {};
  }
}

export function parseNumber(text: string): number {
  if (INTEGER_OR_DECIMAL.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
  }
  if (text === "NaN") return Number.NaN;
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  if (text === "-Infinity") return Number.NEGATIVE_INFINITY;
  throw serializationError(`${quote(text)} can not be converted to a number`);
}

function parseBigInteger(text: string): bigint {
  if (!/^-?\d{1,400}$/.test(text)) throw serializationError(`${quote(text)} can not be converted to an integer`);
  return BigInt(text);
}

function parseBoolean(text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw serializationError(`${quote(text)} can not be converted to a Boolean`);
}

/** Strict base64: alphabet, padding and length all have to be right. */
export function parseBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text)) throw serializationError("Invalid base64 data");
  return Buffer.from(text, "base64");
}

export function parseTimestamp(text: string, format: TimestampFormat): Date {
  if (format === "epoch-seconds") return dateOf(parseNumber(text) * 1000, text);
  if (format === "http-date") return dateOf(/[A-Za-z]{3}.*\d{4}/.test(text) ? Date.parse(text) : Number.NaN, text);
  return dateOf(DATE_TIME.test(text) ? Date.parse(text) : Number.NaN, text);
}

/** A date from epoch milliseconds. @throws ServiceError when it is none; `source` is what the client sent. */
export function dateOf(epochMs: number, source: string): Date {
  const date = new Date(Math.round(epochMs));
  if (Number.isNaN(date.getTime())) throw serializationError(`${quote(source)} can not be converted to a Date`);
  return date;
}

function quote(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}

/** The text of a scalar that a handler returned. `keepMilliseconds` is S3's way of printing dates. */
export function printScalar(
  shape: SimpleShape,
  value: unknown,
  defaultFormat: TimestampFormat,
  keepMilliseconds = false,
): string {
  if (value instanceof Date) return printTimestamp(value, shape.format ?? defaultFormat, keepMilliseconds);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (shape.kind === "blob") return Buffer.from(String(value)).toString("base64");
  return String(value);
}

export function printTimestamp(date: Date, format: TimestampFormat, keepMilliseconds = false): string {
  if (format === "epoch-seconds") return String(date.getTime() / 1000);
  if (format === "http-date") return date.toUTCString();
  const text = date.toISOString();
  return keepMilliseconds ? text : text.replace(".000Z", "Z");
}
