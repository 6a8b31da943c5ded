/** A template's values: JSON, read without surprises. Knows nothing of templates. */
import type { JsonValue } from "../../base/index.ts";

export type JsonObject = { readonly [key: string]: JsonValue };

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** An object, or an empty one. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A list; a single value is a list of one, nothing an empty one. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Members without the undefined ones. */
export function defined(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) result[name] = value;
  return result;
}

/** What a client answered, as JSON: undefined members go, times become texts, other objects stay out. */
export function plain(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.flatMap((item) => plain(item) ?? []);
  if (typeof value !== "object" || value instanceof Uint8Array) return undefined;
  return defined(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)])));
}

export function plainObject(value: unknown): JsonObject {
  return objectOf(plain(value));
}
