/**
 * One kind of record, stored and in memory: reads are from memory, and a write is done when this memory shows it. For
 * resources that are read at every turn and are few enough to be held. Invariant: what is shown was stored.
 */
import type { Clock, JsonValue, Log } from "../base/index.ts";
import { RecordFeed, type Records, RecordTable, type Shape } from "../store/index.ts";
import type { Place } from "../wire/index.ts";
import { readOrTell } from "./records.ts";
import { untilShown } from "./until-shown.ts";

export interface ShownTableOptions<T extends JsonValue> {
  readonly records: Records;
  /** For example `lambda/capacity-providers`; keys below it begin with account and region. */
  readonly name: string;
  readonly shape: Shape<T>;
  readonly clock: Clock;
  readonly log: Log;
}

/** `value` is undefined when the record is gone. */
export interface ShownChange<T> {
  readonly path: string;
  readonly value: T | undefined;
}

export class ShownTable<T extends JsonValue> implements AsyncDisposable {
  readonly #options: ShownTableOptions<T>;
  readonly #table: RecordTable<T>;
  readonly #feed: RecordFeed;
  readonly #shown = new Map<string, T>();
  readonly #listeners = new Set<(change: ShownChange<T>) => void>();
  #seenRevision = 0;
  #complete = true;

  constructor(options: ShownTableOptions<T>) {
    const { records, name, shape, log } = options;
    this.#options = options;
    this.#table = new RecordTable(records, name, shape);
    this.#feed = new RecordFeed({ records, prefix: `${name}/`, log, name: `directory of ${name}` });
  }

  /** Resolves when everything that is stored is shown. */
  start(): Promise<void> {
    const { name, shape, log } = this.#options;
    const pathOf = (key: string): string => key.slice(name.length + 1);
    return this.#feed.start({
      put: (entry) => {
        this.#seenRevision = Math.max(this.#seenRevision, entry.revision);
        const value = readOrTell(log, entry, ({ value, key }) => shape(value, key));
        if (value === undefined) this.#complete = false;
        else this.#show(pathOf(entry.key), value);
      },
      delete: (key, revision) => {
        this.#seenRevision = Math.max(this.#seenRevision, revision);
        this.#show(pathOf(key), undefined);
      },
      current: () => undefined,
    });
  }

  /** False once a stored record could not be read: then nothing follows from what is not here. */
  get complete(): boolean {
    return this.#complete;
  }

  get(path: string): T | undefined {
    return this.#shown.get(path);
  }

  /** Those of one account and region, or all, by path. */
  list(place?: Place): readonly T[] {
    const start = place === undefined ? "" : `${place.accountId}/${place.region}/`;
    const paths = [...this.#shown.keys()].filter((path) => path.startsWith(start)).sort();
    return paths.map((path) => this.#shown.get(path)).filter((value) => value !== undefined);
  }

  /** Tells of every change, after it is shown. */
  onChange(listen: (change: ShownChange<T>) => void): Disposable {
    this.#listeners.add(listen);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listen) };
  }

  /** As RecordTable's `change`; resolves when the change is durable and shown, with what is stored then. */
  async change(
    path: string,
    change: (value: T | undefined) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined> {
    const stored = await this.#table.change(path, change);
    if (stored !== undefined) await this.#untilSeen(path, stored.revision);
    return stored?.value;
  }

  /** As RecordTable's `remove`; resolves with what was removed when nothing of it is shown. */
  async remove(path: string, check: (value: T) => void): Promise<T | undefined> {
    const gone = await this.#table.remove(path, check);
    if (gone !== undefined) await this.#untilSeen(path, gone.revision + 1);
    return gone?.value;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#feed[Symbol.asyncDispose]();
  }

  /** Changes come by growing revision, so a later one tells that this one was seen too. */
  #untilSeen(path: string, revision: number): Promise<void> {
    const behind = `a change of ${this.#options.name}/${path} is stored but not shown yet`;
    return untilShown(this.#options, this.#feed, () => this.#seenRevision >= revision, behind);
  }

  #show(path: string, value: T | undefined): void {
    if (value === undefined) this.#shown.delete(path);
    else this.#shown.set(path, value);
    for (const listen of this.#listeners) listen({ path, value });
  }
}
