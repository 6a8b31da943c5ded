/**
 * Which content the stored layers refer to, in memory: so that code which only a layer uses is kept, and layers count
 * towards an account's stored code.
 */

import type { Log } from "../base/index.ts";
import { type RecordEntry, RecordFeed, type Records } from "../store/index.ts";
import type { Place } from "../wire/index.ts";
import type { KnownSource } from "./code-sources.ts";
import { layerArn } from "./names.ts";
import { asLayer, LAYERS_PREFIX, type LayerRecord, readOrTell } from "./records.ts";

export class LayerDirectory implements AsyncDisposable {
  readonly #log: Log;
  readonly #feed: RecordFeed;
  readonly #layers = new Map<string, { readonly record: LayerRecord; readonly revision: number }>();
  #complete = true;

  constructor(records: Records, log: Log) {
    this.#log = log;
    this.#feed = new RecordFeed({ records, prefix: LAYERS_PREFIX, log, name: "layer directory" });
  }

  /** Resolves when everything that is stored is known. */
  start(): Promise<void> {
    return this.#feed.start({
      put: (entry) => this.#take(entry),
      delete: (key) => this.#layers.delete(key),
      current: () => undefined,
    });
  }

  /** False once a stored record could not be read: then nothing follows from what is not here. */
  get complete(): boolean {
    return this.#complete;
  }

  refersTo(sha256: string): boolean {
    for (const reference of this.references()) if (reference === sha256) return true;
    return false;
  }

  /** Content of all layer versions; with repetitions. */
  *references(): Iterable<string> {
    for (const { record } of this.#layers.values()) for (const { sha256 } of record.versions) yield sha256;
  }

  /** Content of layer versions that stays in S3. */
  *sources(): Iterable<KnownSource> {
    for (const { record } of this.#layers.values()) {
      const { accountId, region } = record;
      for (const { sha256, source, version } of record.versions) {
        const arn = `${layerArn(record, record.name)}:${version}`;
        if (source !== undefined) yield { sha256, source, owner: { accountId, region, arn } };
      }
    }
  }

  /** Whether any layer version needs a copy of this content, since it does not stay in S3. */
  copies(sha256: string): boolean {
    for (const { record } of this.#layers.values()) {
      if (record.versions.some((version) => version.sha256 === sha256 && version.source === undefined)) return true;
    }
    return false;
  }

  /** Bytes of all layer versions' zips of an account and region. */
  totalBytes(place: Place): number {
    let total = 0;
    for (const { record } of this.#layers.values()) {
      if (record.accountId !== place.accountId || record.region !== place.region) continue;
      for (const version of record.versions) total += version.source === undefined ? version.sizeBytes : 0;
    }
    return total;
  }

  /** The layer that is stored under `key`. */
  find(key: string): LayerRecord | undefined {
    return this.#layers.get(key)?.record;
  }

  /** Revision of the layer's record that is shown; undefined when there is none. */
  shownRevision(key: string): number | undefined {
    return this.#layers.get(key)?.revision;
  }

  /** Resolves when `check` gives a value, looked at after each change of any layer; rejects when `signal` aborts. */
  until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T> {
    return this.#feed.until(check, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#feed[Symbol.asyncDispose]();
  }

  #take(entry: RecordEntry): void {
    const record = readOrTell(this.#log, entry, asLayer);
    if (record === undefined) this.#complete = false;
    else this.#layers.set(entry.key, { record, revision: entry.revision });
  }
}
