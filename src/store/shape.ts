/**
 * Shapes of stored values: what a record must look like when it comes back from the store. A room declares each record
 * once as a shape and gets its type and its parser from it, so a value of another form is a named error at the edge and
 * never an undefined in the depths. Knows nothing of storage.
 */
import type { JsonValue } from "../base/index.ts";

/** Checks a value and returns it typed; `path` names its place for the error. */
export type Shape<T extends JsonValue> = (value: JsonValue, path: string) => T;

/** The type that a shape parses to. */
export type ShapeType<S> = S extends Shape<infer T> ? T : never;

/** A stored value does not have the shape that this version of the room writes: a bug or a foreign data folder. */
export class StoredShapeError extends Error {
  override readonly name = "StoredShapeError";

  constructor(path: string, expected: string) {
    super(`stored value ${path} is not ${expected}`);
  }
}

export const text: Shape<string> = (value, path) => {
  if (typeof value !== "string") throw new StoredShapeError(path, "a string");
  return value;
};

export const integer: Shape<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new StoredShapeError(path, "an integer");
  return value;
};

export const number: Shape<number> = (value, path) => {
  if (typeof value !== "number") throw new StoredShapeError(path, "a number");
  return value;
};

/** Any value, as it is. */
export const json: Shape<JsonValue> = (value) => value;

export const boolean: Shape<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new StoredShapeError(path, "true or false");
  return value;
};

/** One of a fixed set of strings. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  return (value, path) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new StoredShapeError(path, `one of ${allowed.join(", ")}`);
    return found;
  };
}

export function array<T extends JsonValue>(item: Shape<T>): Shape<readonly T[]> {
  return (value, path) => {
    if (!isArray(value)) throw new StoredShapeError(path, "a list");
    return value.map((entry, index) => item(entry, `${path}[${index}]`));
  };
}

/** An object with any keys and one shape of value. */
export function mapOf<T extends JsonValue>(item: Shape<T>): Shape<{ readonly [key: string]: T }> {
  return (value, path) => {
    const entries = Object.entries(membersOf(value, path));
    return Object.fromEntries(entries.map(([key, entry]) => [key, item(entry, `${path}.${key}`)]));
  };
}

/** An object of several forms, told apart by its member `tag`. */
export function variant<const M extends { readonly [name: string]: Shape<JsonValue> }>(
  tag: string,
  forms: M,
): Shape<{ [K in keyof M]: ShapeType<M[K]> }[keyof M]>;
export function variant(tag: string, forms: { readonly [name: string]: Shape<JsonValue> }): Shape<JsonValue> {
  return (value, path) => {
    const name = membersOf(value, path)[tag];
    const form = typeof name === "string" && Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form === undefined) {
      throw new StoredShapeError(`${path}.${tag}`, `one of ${Object.keys(forms).join(", ")}`);
    }
    return form(value, path);
  };
}

/** Marks a member of `object` that may be missing. */
export interface OptionalShape<T extends JsonValue> {
  readonly optional: Shape<T>;
}

export function optional<T extends JsonValue>(shape: Shape<T>): OptionalShape<T> {
  return { optional: shape };
}

type ObjectType<M> = Flat<
  {
    readonly [K in keyof M as M[K] extends OptionalShape<JsonValue> ? never : K]: M[K] extends Shape<infer T>
      ? T
      : never;
  } & {
    readonly [K in keyof M as M[K] extends OptionalShape<JsonValue> ? K : never]?: M[K] extends OptionalShape<infer T>
      ? T
      : never;
  }
>;
type Flat<T> = { [K in keyof T]: T[K] };

/** An object with these members. Members that the shape does not name are dropped. */
export function object<const M extends { readonly [name: string]: Shape<JsonValue> | OptionalShape<JsonValue> }>(
  members: M,
): (value: JsonValue, path: string) => ObjectType<M> {
  return (value, path) => {
    const given = membersOf(value, path);
    const parsed: { [name: string]: JsonValue } = {};
    for (const [name, member] of Object.entries(members)) {
      const entry = Object.hasOwn(given, name) ? given[name] : undefined;
      if (typeof member === "function") {
        if (entry === undefined) throw new StoredShapeError(`${path}.${name}`, "there");
        parsed[name] = member(entry, `${path}.${name}`);
      } else if (entry !== undefined) {
        parsed[name] = member.optional(entry, `${path}.${name}`);
      }
    }
    return parsed as ObjectType<M>;
  };
}

function membersOf(value: JsonValue, path: string): { readonly [key: string]: JsonValue } {
  if (typeof value !== "object" || value === null || isArray(value)) throw new StoredShapeError(path, "an object");
  return value;
}

/** `Array.isArray` narrows a readonly list to any[]; this keeps its element type. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
