/** The Records port over the writer thread: checks, JSON, watchers and the alarm for the next expiry. */
import type { Clock, JsonValue, Log } from "../../base/index.ts";
import { checkDuration, checkInteger, checkName, checkPrefix, checkSize } from "../check.ts";
import { STORE_LIMITS } from "../limits.ts";
import { type PutOptions, type RecordChange, type RecordEntry, type Records, RevisionConflict } from "../ports.ts";
import { Alarm } from "./alarm.ts";
import type { RecordRow } from "./operations.ts";
import { Watcher } from "./watcher.ts";
import type { WriterClient } from "./writer-client.ts";

/** Entries per page while a watch reads what is there. */
const WATCH_PAGE_ENTRIES = 500;
/** A failed removal of expired records is tried again after this long. */
const EXPIRY_RETRY_MS = 5000;

export class LocalRecords implements Records, Disposable {
  readonly #writer: WriterClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #expiry: Alarm;
  readonly #watchers = new Set<Watcher>();
  #disposed = false;

  constructor(writer: WriterClient, clock: Clock, log: Log, nextExpiryAt: number | undefined) {
    this.#writer = writer;
    this.#clock = clock;
    this.#log = log;
    this.#expiry = new Alarm(clock, () => void this.#expire());
    this.#expiry.notLaterThan(nextExpiryAt);
  }

  async get(key: string): Promise<RecordEntry | undefined> {
    checkName("record key", key);
    const row = await this.#writer.call("records.get", { key, now: this.#clock.now() });
    return row === undefined ? undefined : toEntry(row);
  }

  async put(key: string, value: JsonValue, options: PutOptions = {}): Promise<number> {
    checkName("record key", key);
    const json = JSON.stringify(value);
    const bytes = Buffer.byteLength(json);
    checkSize(`record ${key}`, bytes, STORE_LIMITS.recordBytesMax);
    const now = this.#clock.now();
    const expiresAt = options.ttlMs === undefined ? undefined : now + checkDuration("ttlMs", options.ttlMs);
    const revision = await this.#writer.call(
      "records.put",
      { key, json, ifRevision: options.ifRevision, expiresAt, now },
      {
        bytes,
        arrived: (revision) => {
          if (revision === undefined) return;
          this.#expiry.notLaterThan(expiresAt);
          this.#changed(key, () => ({ kind: "put", entry: toEntry({ key, json, revision }) }));
        },
      },
    );
    if (revision === undefined) throw new RevisionConflict(key);
    return revision;
  }

  async delete(key: string, options: { readonly ifRevision?: number } = {}): Promise<boolean> {
    checkName("record key", key);
    const outcome = await this.#writer.call(
      "records.delete",
      { key, ifRevision: options.ifRevision, now: this.#clock.now() },
      {
        arrived: (outcome) => {
          if (outcome.kind !== "deleted") return;
          this.#changed(key, () => ({ kind: "delete", key, revision: outcome.revision }));
        },
      },
    );
    if (outcome.kind === "conflict") throw new RevisionConflict(key);
    return outcome.kind === "deleted";
  }

  async list(
    prefix: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly RecordEntry[]> {
    checkPrefix("record prefix", prefix);
    if (options.after !== undefined) checkPrefix("record cursor", options.after);
    checkInteger("limit", options.limit, 1, STORE_LIMITS.pageEntriesMax);
    const entries: RecordEntry[] = [];
    let after = options.after;
    for (;;) {
      const limit = options.limit - entries.length;
      const page = await this.#writer.call("records.page", { prefix, after, limit, now: this.#clock.now() });
      for (const row of page.entries) entries.push(toEntry(row));
      after = entries.at(-1)?.key ?? after;
      if (!page.more || entries.length === options.limit) return entries;
    }
  }

  async *watch(prefix: string, signal: AbortSignal): AsyncGenerator<RecordChange | "current", void> {
    checkPrefix("record prefix", prefix);
    if (signal.aborted || this.#disposed) return;
    const watcher = new Watcher(prefix);
    const end = (): void => watcher.end();
    signal.addEventListener("abort", end, { once: true });
    this.#watchers.add(watcher);
    try {
      let after: string | undefined;
      for (let more = true; more; ) {
        const page = await this.#page(watcher, after);
        for (const entry of page.entries) {
          if (watcher.ended) return;
          yield { kind: "put", entry };
          after = entry.key;
        }
        more = page.more;
      }
      if (watcher.ended) return;
      yield "current";
      yield* watcher.changes();
    } finally {
      signal.removeEventListener("abort", end);
      this.#watchers.delete(watcher);
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#expiry.cancel();
    for (const watcher of this.#watchers) watcher.end();
  }

  async #page(watcher: Watcher, after: string | undefined): Promise<{ entries: RecordEntry[]; more: boolean }> {
    let entries: RecordEntry[] = [];
    const page = await this.#writer.call(
      "records.page",
      { prefix: watcher.prefix, after, limit: WATCH_PAGE_ENTRIES, now: this.#clock.now() },
      {
        arrived: (page) => {
          entries = page.entries.map(toEntry);
          watcher.pageArrived(after, entries, page.more);
        },
      },
    );
    return { entries, more: page.more };
  }

  async #expire(): Promise<void> {
    try {
      const { nextExpiryAt } = await this.#writer.call(
        "records.expire",
        { now: this.#clock.now() },
        {
          arrived: ({ deleted }) => {
            for (const { key, revision } of deleted) this.#changed(key, () => ({ kind: "delete", key, revision }));
          },
        },
      );
      this.#expiry.notLaterThan(nextExpiryAt);
    } catch (error) {
      if (this.#disposed) return;
      this.#log.warn("expired records could not be removed; they stay invisible", { error });
      this.#expiry.notLaterThan(this.#clock.now() + EXPIRY_RETRY_MS);
    }
  }

  #changed(key: string, change: () => RecordChange): void {
    for (const watcher of this.#watchers) if (key.startsWith(watcher.prefix)) watcher.changed(key, change());
  }
}

function toEntry({ key, json, revision }: RecordRow): RecordEntry {
  const value: JsonValue = JSON.parse(json);
  return { key, value, revision };
}
