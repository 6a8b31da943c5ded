/**
 * Which content the stored layers refer to, in memory: so that code which only a layer uses is kept, and layers count
 * towards an account's stored code.
 */

import type { Log } from "../base/index.ts";
import type { RecordEntry, Records } from "../store/index.ts";
import type { Place } from "../wire/index.ts";
import { asLayer, LAYERS_PREFIX, type LayerRecord, readOrTell } from "./records.ts";

export class LayerDirectory implements AsyncDisposable {
  readonly #records: Records;
  readonly #log: Log;
  readonly #layers = new Map<string, { readonly record: LayerRecord; readonly revision: number }>();
  readonly #waiters = new Set<() => void>();
  readonly #stop = new AbortController();
  #watching: Promise<void> | undefined;
  #complete = true;

  constructor(records: Records, log: Log) {
    this.#records = records;
    this.#log = log;
  }

  /** Resolves when everything that is stored is known. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#watching = this.#watch(resolve).catch((error: unknown) => {
        reject(error);
        if (!this.#stop.signal.aborted) this.#log.error("the layer directory stopped following the store", { error });
      });
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

  /** Bytes of all layer versions' zips of an account and region. */
  totalBytes(place: Place): number {
    let total = 0;
    for (const { record } of this.#layers.values()) {
      if (record.accountId !== place.accountId || record.region !== place.region) continue;
      for (const version of record.versions) total += version.sizeBytes;
    }
    return total;
  }

  /** Resolves when `revision` of the layer's record, or a later one, is known here. */
  async untilShown(key: string, revision: number): Promise<void> {
    while (!this.#stop.signal.aborted && (this.#layers.get(key)?.revision ?? -1) < revision) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#watching;
  }

  async #watch(current: () => void): Promise<void> {
    for await (const change of this.#records.watch(LAYERS_PREFIX, this.#stop.signal)) {
      if (change === "current") current();
      else if (change.kind === "delete") this.#layers.delete(change.key);
      else this.#take(change.entry);
      this.#wake();
    }
  }

  #take(entry: RecordEntry): void {
    const record = readOrTell(this.#log, entry, asLayer);
    if (record === undefined) this.#complete = false;
    else this.#layers.set(entry.key, { record, revision: entry.revision });
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
