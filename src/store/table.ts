/** Records of one kind under one prefix, with their type: what a service room keeps its state in. */
import type { JsonValue } from "../base/index.ts";
import type { PutOptions, Records } from "./ports.ts";

/** A typed value with its key (without the prefix) and revision. */
export interface Row<T> {
  readonly key: string;
  readonly value: T;
  readonly revision: number;
}

export interface Table<T> {
  get(key: string): Promise<Row<T> | undefined>;
  /** Returns the new revision. Throws RevisionConflict. */
  put(key: string, value: T, options?: PutOptions): Promise<number>;
  /** True when there was something to delete. Throws RevisionConflict. */
  delete(key: string, options?: { readonly ifRevision?: number }): Promise<boolean>;
  /** Rows whose key starts with `start`, in key order, after the key `after`, at most `limit`. */
  list(options: {
    readonly start?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly Row<T>[]>;
}

/**
 * The records under `prefix` as a table. `parse` checks a stored value when it is read and throws when it is not a T; it is
 * also the place to fill in what older versions did not write. T must be plain JSON data; the compiler cannot say so of an
 * interface, so `parse` is where a mistake shows.
 */
export function table<T>(records: Records, prefix: string, parse: (value: JsonValue) => T): Table<T> {
  const row = (entry: { key: string; value: JsonValue; revision: number }): Row<T> => ({
    key: entry.key.slice(prefix.length),
    value: parse(entry.value),
    revision: entry.revision,
  });
  return {
    get: async (key) => {
      const entry = await records.get(prefix + key);
      return entry === undefined ? undefined : row(entry);
    },
    put: (key, value, options) => records.put(prefix + key, value as JsonValue, options),
    delete: (key, options) => records.delete(prefix + key, options),
    list: async ({ start = "", after, limit }) => {
      const cursor = after === undefined ? {} : { after: prefix + after };
      return (await records.list(prefix + start, { ...cursor, limit })).map(row);
    },
  };
}
