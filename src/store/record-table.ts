/**
 * One kind of record under one prefix of the Records port: typed by a shape, addressed by a path within the prefix. The
 * only place where a room reads and writes its records, so that compare-and-set is done right once. A shape is also where
 * members that older versions did not write are optional.
 */
import type { JsonValue } from "../base/index.ts";
import { type RecordEntry, type Records, RevisionConflict } from "./ports.ts";
import type { Shape } from "./shape.ts";

/** How often a change starts again after losing to another writer before the conflict is the caller's. */
const ATTEMPTS_MAX = 50;
/** How many records `scan` holds at a time. */
const SCAN_PAGE_SIZE = 200;

export interface TableEntry<T> {
  /** The key without the table's prefix. */
  readonly path: string;
  readonly value: T;
}

/** What is stored after a change; undefined when there is no record. */
export interface Changed<T> {
  readonly value: T;
  readonly revision: number;
}

export class RecordTable<T extends JsonValue> {
  readonly #records: Records;
  readonly #prefix: string;
  readonly #shape: Shape<T>;

  /** A table under `name`, for example `logs/groups`. */
  constructor(records: Records, name: string, shape: Shape<T>) {
    this.#records = records;
    this.#prefix = `${name}/`;
    this.#shape = shape;
  }

  async get(path: string): Promise<T | undefined> {
    const entry = await this.#records.get(this.#prefix + path);
    return entry && this.#parse(entry);
  }

  /** Writes a new record. False when there was one already; then nothing is written. */
  async create(path: string, value: T, options: { readonly ttlMs?: number } = {}): Promise<boolean> {
    try {
      await this.#records.put(this.#prefix + path, value, { ...options, ifRevision: "absent" });
      return true;
    } catch (error) {
      if (error instanceof RevisionConflict) return false;
      throw error;
    }
  }

  /**
   * Replaces the record by what `change` makes of it, and again from the newest when another writer came first. `change`
   * may throw to leave the record as it is. Undefined when there is no record.
   */
  async update(path: string, change: (value: T) => T): Promise<T | undefined> {
    return (await this.change(path, (value) => (value === undefined ? undefined : change(value))))?.value;
  }

  /**
   * As `update`, for changes that also make the record (`undefined` is given), leave it (`undefined` is returned), or take
   * time. Resolves with what is stored then. Throws RevisionConflict when others are always faster.
   */
  change(
    path: string,
    change: (value: T | undefined) => T | undefined | Promise<T | undefined>,
  ): Promise<Changed<T> | undefined> {
    return this.#settle(path, async (stored) => {
      const next = await change(stored?.value);
      if (next === undefined) return stored;
      const ifRevision = stored?.revision ?? "absent";
      return { value: next, revision: await this.#records.put(this.#prefix + path, next, { ifRevision }) };
    });
  }

  /** Deletes the record when `check` does not throw for its newest state, and returns it. Undefined when there is none. */
  async deleteIf(path: string, check: (value: T) => void): Promise<T | undefined> {
    return (await this.remove(path, check))?.value;
  }

  /** As `deleteIf`, with the revision that was deleted. */
  remove(path: string, check: (value: T) => void): Promise<Changed<T> | undefined> {
    return this.#settle(path, async (stored) => {
      if (stored === undefined) return undefined;
      check(stored.value);
      await this.#records.delete(this.#prefix + path, { ifRevision: stored.revision });
      return stored;
    });
  }

  /** True when there was something to delete. */
  delete(path: string): Promise<boolean> {
    return this.#records.delete(this.#prefix + path);
  }

  /** Up to `limit` records whose path starts with `start`, in path order, after the path `after`. */
  async list(
    start: string,
    options: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly TableEntry<T>[]> {
    const { after, limit } = options;
    const cursor = after === undefined ? {} : { after: this.#prefix + after };
    const entries = await this.#records.list(this.#prefix + start, { ...cursor, limit });
    return entries.map((entry) => ({ path: entry.key.slice(this.#prefix.length), value: this.#parse(entry) }));
  }

  /** Every record whose path starts with `start`, in path order, after the path `after`; a page in memory at a time. */
  async *scan(start: string, after?: string): AsyncGenerator<TableEntry<T>> {
    let last = after;
    for (;;) {
      const page = await this.list(start, { limit: SCAN_PAGE_SIZE, after: last });
      yield* page;
      if (page.length < SCAN_PAGE_SIZE) return;
      last = page.at(-1)?.path;
    }
  }

  #parse({ key, value }: RecordEntry): T {
    return this.#shape(value, key);
  }

  /** Runs `step` on the newest record until no other writer comes in between. */
  async #settle(
    path: string,
    step: (stored: Changed<T> | undefined) => Promise<Changed<T> | undefined>,
  ): Promise<Changed<T> | undefined> {
    for (let attempt = 1; ; attempt++) {
      const entry = await this.#records.get(this.#prefix + path);
      try {
        return await step(entry && { value: this.#parse(entry), revision: entry.revision });
      } catch (error) {
        if (!(error instanceof RevisionConflict) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }
}
