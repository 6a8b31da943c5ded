/**
 * One watch of a prefix: joins the pages of current entries with the changes that happen meanwhile, and keeps for a slow
 * consumer only the last change of each key, so its memory is bounded by the keys there are.
 */
import type { RecordChange, RecordEntry } from "../ports.ts";

export class Watcher {
  readonly prefix: string;
  readonly #changes = new Map<string, RecordChange>();
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Called for every change under the prefix, in order of revisions. */
  changed(key: string, change: RecordChange): void {
    if (!key.startsWith(this.prefix)) return;
    // Deleted first, so that the map's order is that of the latest revisions.
    this.#changes.delete(key);
    this.#changes.set(key, change);
    this.#wakeUp();
  }

  /**
   * Called when a page of current entries arrives. The page is newer than every change reported so far, so those of the
   * keys that it covers, beyond `after` and up to its last entry (or to the end), are told by it already.
   */
  pageArrived(after: string | undefined, entries: readonly RecordEntry[], more: boolean): void {
    const last = more ? entries.at(-1)?.key : undefined;
    for (const key of this.#changes.keys()) {
      const isAfter = after === undefined || compareKeys(key, after) > 0;
      if (isAfter && (last === undefined || compareKeys(key, last) <= 0)) this.#changes.delete(key);
    }
  }

  end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  /** Changes as they come, until `end`. */
  async *changes(): AsyncGenerator<RecordChange, void> {
    while (!this.#ended) {
      const next = this.#changes.entries().next();
      if (next.done) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const [key, change] = next.value;
      this.#changes.delete(key);
      yield change;
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** Order of UTF-8 bytes, which differs from that of JavaScript's strings above U+FFFF. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
