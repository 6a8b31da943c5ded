/**
 * Blobs and manifests of all repositories, kept once by their digests. Content goes when the last repository lets go of it and
 * nobody else in the house has the same bytes. Invariant: under a digest there is only what has it, whole and durable, and what
 * a crash left to nobody is removed at the next start.
 */
import { createHash } from "node:crypto";
import type { Clock, Log } from "../base/index.ts";
import { type Blobs, BlobTooLarge } from "../store/index.ts";
import { RegistryProblem } from "./problems.ts";
import { partOf, type RegistryTables } from "./records.ts";

export interface ContentOptions {
  readonly tables: RegistryTables;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether something other than a repository is this content: a function's zip may have the same bytes. */
  readonly isUsedElsewhere: (hex: string) => boolean;
}

export class Content {
  readonly #options: ContentOptions;
  /** How many repositories have each, and how many requests are writing it. */
  readonly #uses = new Map<string, number>();

  constructor(options: ContentOptions) {
    this.#options = options;
  }

  /** Reads who has what, and removes what a killed server left to nobody. */
  async start(): Promise<void> {
    const { tables } = this.#options;
    for (const table of [tables.images, tables.layers]) {
      for await (const { path } of table.scan("")) this.use(partOf(path));
    }
    for await (const { path } of tables.incoming.scan("")) {
      await this.#removeUnused(path);
      await tables.incoming.delete(path);
    }
  }

  has(hex: string): boolean {
    return this.#uses.has(hex);
  }

  /** A repository has it now. */
  use(hex: string): void {
    this.#uses.set(hex, (this.#uses.get(hex) ?? 0) + 1);
  }

  /** A repository has it no more. */
  async letGo(hex: string): Promise<void> {
    const left = (this.#uses.get(hex) ?? 0) - 1;
    if (left > 0) this.#uses.set(hex, left);
    else this.#uses.delete(hex);
    await this.#removeUnused(hex);
  }

  /**
   * Writes content and lets `link` name it in a record; then it is used. Throws RegistryProblem for another digest or too many
   * bytes, and what `link` throws: nothing is left then.
   */
  async add(
    digest: string,
    content: AsyncIterable<Uint8Array>,
    { maxBytes, link }: { readonly maxBytes: number; readonly link: (sizeBytes: number) => Promise<boolean> },
  ): Promise<void> {
    const { tables, blobs, clock } = this.#options;
    const hex = digest.slice("sha256:".length);
    this.use(hex);
    let isLinked = false;
    try {
      await tables.incoming.change(hex, () => ({ sinceMs: clock.now() }));
      const { sizeBytes } = await blobs.put(checked(content, digest), { maxBytes });
      isLinked = await link(sizeBytes);
    } catch (error) {
      if (!(error instanceof BlobTooLarge)) throw error;
      throw new RegistryProblem("SIZE_INVALID", 413, `the content has more than ${maxBytes} bytes`);
    } finally {
      // The use of the repository's record stands in for this one.
      if (!isLinked) await this.letGo(hex);
      await tables.incoming.delete(hex);
    }
  }

  read(
    hex: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#options.blobs.read(hex, range);
  }

  async #removeUnused(hex: string): Promise<void> {
    if (this.#uses.has(hex) || this.#options.isUsedElsewhere(hex)) return;
    await this.#options.blobs.delete(hex);
  }
}

async function* checked(content: AsyncIterable<Uint8Array>, digest: string): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (`sha256:${hash.digest("hex")}` !== digest) {
    throw new RegistryProblem("DIGEST_INVALID", 400, "provided digest did not match uploaded content");
  }
}
