/**
 * Records of the store followed into memory: first everything that is stored, then every change. Keeps no record; the
 * directories over it do, and say what they show. Invariant: whoever waits looks again after each change.
 */
import type { Log } from "../base/index.ts";
import type { RecordEntry, Records } from "./ports.ts";

export interface RecordFeedOptions {
  readonly records: Pick<Records, "watch">;
  readonly prefix: string;
  readonly log: Log;
  /** What follows the store, for the log. */
  readonly name: string;
}

/** What a directory makes of the feed. */
export interface RecordFollower {
  put(entry: RecordEntry): void;
  /** `revision` is the deletion's own. */
  delete(key: string, revision: number): void;
  /** Everything that was stored at the start has been put. */
  current(): void;
}

export class RecordFeed implements AsyncDisposable {
  readonly #options: RecordFeedOptions;
  readonly #waiters = new Set<() => void>();
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  constructor(options: RecordFeedOptions) {
    this.#options = options;
  }

  /** Resolves when everything that is stored has been put; rejects when the store cannot be followed. */
  start(follower: RecordFollower): Promise<void> {
    const { log, name } = this.#options;
    return new Promise((resolve, reject) => {
      this.#following = this.#follow(follower, resolve).catch((error: unknown) => {
        reject(error);
        if (!this.#stop.signal.aborted) log.error(`the ${name} stopped following the store`, { error });
      });
    });
  }

  /** Resolves when `check` gives a value, looked at after each change; rejects when `signal` aborts. */
  until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T> {
    const now = check();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiters.delete(look);
        signal.removeEventListener("abort", abort);
      };
      const look = (): void => {
        const value = check();
        if (value === undefined) return;
        end();
        resolve(value);
      };
      const abort = (): void => {
        end();
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      this.#waiters.add(look);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** To be called when what is shown has changed for another reason than a record. */
  changed(): void {
    for (const look of [...this.#waiters]) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(follower: RecordFollower, current: () => void): Promise<void> {
    const { records, prefix } = this.#options;
    for await (const change of records.watch(prefix, this.#stop.signal)) {
      if (change === "current") {
        follower.current();
        current();
      } else if (change.kind === "delete") follower.delete(change.key, change.revision);
      else follower.put(change.entry);
      this.changed();
    }
  }
}
