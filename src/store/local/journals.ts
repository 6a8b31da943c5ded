/** The Journals port over the writer thread: checks, paging, and followers that are told of every append. */
import { checkInteger, checkName, checkSize } from "../check.ts";
import { STORE_LIMITS } from "../limits.ts";
import type { JournalEntry, JournalInfo, Journals } from "../ports.ts";
import { packed } from "./packed.ts";
import type { WriterClient } from "./writer-client.ts";

/** Entries that a follower reads at once. */
const FOLLOW_PAGE_ENTRIES = 500;

interface Follower {
  ended: boolean;
  wake: () => void;
}

export class LocalJournals implements Journals, Disposable {
  readonly #writer: WriterClient;
  readonly #followers = new Map<string, Set<Follower>>();
  #disposed = false;

  constructor(writer: WriterClient) {
    this.#writer = writer;
  }

  async append(
    journal: string,
    entries: readonly { readonly timeMs: number; readonly body: Uint8Array }[],
  ): Promise<number> {
    checkName("journal name", journal);
    checkInteger("number of entries", entries.length, 1, STORE_LIMITS.journalAppendEntriesMax);
    let bytes = 0;
    for (const { timeMs, body } of entries) {
      checkInteger("timeMs", timeMs, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      checkSize(`entry of ${journal}`, body.byteLength, STORE_LIMITS.journalBodyBytesMax);
      bytes += body.byteLength;
    }
    checkSize(`append to ${journal}`, bytes, STORE_LIMITS.journalAppendBytesMax);
    return this.#writer.call(
      "journals.append",
      {
        journal,
        timesMs: entries.map(({ timeMs }) => timeMs),
        sizes: entries.map(({ body }) => body.byteLength),
        packed: packed(
          entries.map(({ body }) => body),
          bytes,
        ),
      },
      {
        bytes,
        arrived: () => {
          for (const follower of this.#followers.get(journal) ?? []) follower.wake();
        },
      },
    );
  }

  async read(
    journal: string,
    options: { readonly from: number; readonly limit: number },
  ): Promise<readonly JournalEntry[]> {
    checkName("journal name", journal);
    checkInteger("from", options.from, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("limit", options.limit, 1, STORE_LIMITS.pageEntriesMax);
    const entries: JournalEntry[] = [];
    let from = options.from;
    for (;;) {
      const page = await this.#writer.call("journals.read", { journal, from, limit: options.limit - entries.length });
      entries.push(...page.entries);
      if (!page.more || entries.length === options.limit) return entries;
      from = (entries.at(-1)?.sequence ?? from) + 1;
    }
  }

  async readBackwards(
    journal: string,
    options: { readonly before?: number; readonly limit: number },
  ): Promise<readonly JournalEntry[]> {
    checkName("journal name", journal);
    if (options.before !== undefined) checkInteger("before", options.before, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("limit", options.limit, 1, STORE_LIMITS.pageEntriesMax);
    const entries: JournalEntry[] = [];
    let before = options.before;
    for (;;) {
      const limit = options.limit - entries.length;
      const page = await this.#writer.call("journals.readBackwards", { journal, before, limit });
      entries.push(...page.entries);
      if (!page.more || entries.length === options.limit) return entries.reverse();
      before = entries.at(-1)?.sequence ?? before;
    }
  }

  async seek(journal: string, timeMs: number): Promise<number> {
    checkName("journal name", journal);
    return this.#writer.call("journals.seek", { journal, timeMs });
  }

  async *follow(
    journal: string,
    options: { readonly from: number; readonly signal: AbortSignal },
  ): AsyncGenerator<JournalEntry, void> {
    checkName("journal name", journal);
    const { signal } = options;
    if (signal.aborted || this.#disposed) return;
    let news = Promise.withResolvers<void>();
    const follower: Follower = { ended: false, wake: () => news.resolve() };
    const end = (): void => endFollower(follower);
    signal.addEventListener("abort", end, { once: true });
    const followers = this.#followers.get(journal) ?? new Set();
    this.#followers.set(journal, followers.add(follower));
    try {
      let from = options.from;
      while (!follower.ended) {
        // Made before the look, so that an append during it is not missed.
        news = Promise.withResolvers<void>();
        const entries = await this.read(journal, { from, limit: FOLLOW_PAGE_ENTRIES });
        for (const entry of entries) {
          if (follower.ended) return;
          yield entry;
          from = entry.sequence + 1;
        }
        if (entries.length === 0 && !follower.ended) await news.promise;
      }
    } finally {
      signal.removeEventListener("abort", end);
      followers.delete(follower);
      if (followers.size === 0 && this.#followers.get(journal) === followers) this.#followers.delete(journal);
    }
  }

  async stat(journal: string): Promise<JournalInfo | undefined> {
    checkName("journal name", journal);
    return this.#writer.call("journals.stat", { journal });
  }

  async trim(journal: string, before: number): Promise<void> {
    checkName("journal name", journal);
    checkInteger("before", before, 0, Number.MAX_SAFE_INTEGER);
    await this.#writer.call("journals.trim", { journal, before });
  }

  async delete(journal: string): Promise<void> {
    checkName("journal name", journal);
    await this.#writer.call("journals.delete", { journal }, { arrived: () => this.#endFollowers(journal) });
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const journal of this.#followers.keys()) this.#endFollowers(journal);
  }

  #endFollowers(journal: string): void {
    for (const follower of this.#followers.get(journal) ?? []) endFollower(follower);
  }
}

function endFollower(follower: Follower): void {
  follower.ended = true;
  follower.wake();
}
