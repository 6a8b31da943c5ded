/**
 * Deployed code on this machine: the zip as a blob, and its unpacked folder `<data>/code/<sha256>`, made once per content
 * and shared read-only by every environment. A folder appears by rename, so it is whole or absent. Knows nothing of
 * functions: who refers to a hash is asked through `isReferenced`.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, hasErrorCode, type Log, type Random } from "../base/index.ts";
import type { CodeFolders } from "../environments/index.ts";
import type { Blobs } from "../store/index.ts";
import { BOUNDS, LIMITS } from "./limits.ts";
import type { ZipSource } from "./unzip.ts";

const STALE = ".stale-";
const TEMPORARY = "tmp-";
/** An unpacked folder, or the note of its size. */
const CONTENT = /^([0-9a-f]{64})(\.size)?$/;

export interface StoredZip {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unzippedBytes: number;
}

export interface CodeStoreOptions {
  readonly blobs: Blobs;
  /** `<data>/code`; made when absent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whether any function version or layer refers to this content. */
  readonly isReferenced: (sha256: string) => boolean;
}

export class CodeStore implements CodeFolders {
  readonly #options: CodeStoreOptions;
  /** Unpacking in progress, so that two callers share one. */
  readonly #unpacking = new Map<string, Promise<number>>();
  /** Content that a request is about to refer to: not collected meanwhile. */
  readonly #pins = new Map<string, number>();
  readonly #collections = new Map<string, Disposable>();
  #leftovers: readonly string[] = [];

  constructor(options: CodeStoreOptions) {
    this.#options = options;
  }

  /**
   * Sets aside what cannot be trusted: when the machine has restarted, all folders, since they were never synced to disk.
   * Quick; `sweep` does the removing.
   */
  async start(): Promise<void> {
    const { folder } = this.#options;
    const boot = await bootId();
    const marker = join(folder, ".boot");
    const same = boot !== "" && (await readIfPresent(marker)) === boot;
    if (!same && (await exists(folder))) await rename(folder, `${folder}${STALE}${this.#options.random.uuid()}`);
    await mkdir(folder, { recursive: true });
    if (!same) await writeFile(marker, boot);
    this.#leftovers = (await readdir(folder)).filter((name) => name.startsWith(TEMPORARY));
  }

  /** Removes what a killed server left half done, and content that is not in `referenced`. May run beside requests. */
  async sweep(referenced: ReadonlySet<string>): Promise<void> {
    const { folder } = this.#options;
    const parent = dirname(folder);
    const stale = (await readdir(parent)).filter((name) => name.startsWith(`${basename(folder)}${STALE}`));
    for (const place of [folder, ...stale.map((name) => join(parent, name))]) {
      for (const name of await readdir(place)) {
        const sha256 = CONTENT.exec(name)?.[1];
        if (sha256 !== undefined && !referenced.has(sha256)) await this.#remove(sha256);
      }
      if (place !== folder) await rm(place, { recursive: true, force: true });
    }
    for (const name of this.#leftovers) await rm(join(folder, name), { recursive: true, force: true });
    this.#leftovers = [];
  }

  /**
   * Checks, unpacks and stores a zip; durable when it resolves. The content is pinned until `release`.
   * Throws ZipRejected.
   */
  async add(zip: Uint8Array): Promise<StoredZip> {
    const sha256 = createHash("sha256").update(zip).digest("hex");
    this.pin(sha256);
    const [unpacking, putting] = await Promise.allSettled([this.#ensure(sha256, zip), this.#options.blobs.put(zip)]);
    if (unpacking.status === "fulfilled" && putting.status === "fulfilled") {
      return { sha256, sizeBytes: putting.value.sizeBytes, unzippedBytes: unpacking.value };
    }
    await this.#takeBack(sha256);
    throw unpacking.status === "rejected" ? unpacking.reason : putting.status === "rejected" && putting.reason;
  }

  /** As `add`, from a stream: at most `maxBytes` of it. Throws ZipRejected, and RangeError when the stream is longer. */
  async addStream(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredZip> {
    const path = this.#temporary();
    try {
      const hash = createHash("sha256");
      let length = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of content) {
          length += chunk.length;
          if (length > maxBytes) throw new RangeError(`the object is larger than ${maxBytes} bytes`);
          hash.update(chunk);
          yield chunk;
        }
      };
      await pipeline(Readable.from(counted()), createWriteStream(path));
      const sha256 = hash.digest("hex");
      this.pin(sha256);
      try {
        const unzippedBytes = await this.#ensure(sha256, path);
        const info = await this.#options.blobs.put(createReadStream(path));
        return { sha256, sizeBytes: info.sizeBytes, unzippedBytes };
      } catch (error) {
        await this.#takeBack(sha256);
        throw error;
      }
    } finally {
      await rm(path, { force: true });
    }
  }

  async unpacked(sha256: string): Promise<string> {
    await this.#ensure(sha256);
    return this.#path(sha256);
  }

  /** Keeps content from being collected until the matching `release`. */
  pin(sha256: string): void {
    this.#pins.set(sha256, (this.#pins.get(sha256) ?? 0) + 1);
  }

  /** Undoes a pin; content that nobody refers to is removed after the grace period. */
  release(sha256: string): void {
    this.#unpin(sha256);
    this.collectLater(sha256);
  }

  /**
   * Removes the content after the grace period if nothing refers to it then: an invocation may still run on it. The period
   * begins anew with each call, for the last one to let go may have started an invocation just now.
   */
  collectLater(sha256: string): void {
    this.#collections.get(sha256)?.[Symbol.dispose]();
    const timer = this.#options.clock.schedule(BOUNDS.codeGraceMs, () => {
      this.#collections.delete(sha256);
      this.#remove(sha256).catch((error: unknown) => {
        this.#options.log.warn("unused code could not be removed", { sha256, error });
      });
    });
    this.#collections.set(sha256, timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#collections.values()) timer[Symbol.dispose]();
    this.#collections.clear();
  }

  /** Undoes a failed `add` at once: nothing can run on it yet. */
  async #takeBack(sha256: string): Promise<void> {
    this.#unpin(sha256);
    await this.#remove(sha256);
  }

  #unpin(sha256: string): void {
    const left = (this.#pins.get(sha256) ?? 0) - 1;
    if (left > 0) this.#pins.set(sha256, left);
    else this.#pins.delete(sha256);
  }

  async #remove(sha256: string): Promise<void> {
    if (this.#options.isReferenced(sha256) || this.#pins.has(sha256)) return;
    const doomed = this.#temporary();
    try {
      await rename(this.#path(sha256), doomed);
    } catch (error) {
      if (!hasErrorCode(error, "ENOENT")) throw error;
    }
    await rm(doomed, { recursive: true, force: true });
    await rm(this.#sizePath(sha256), { force: true });
    await this.#options.blobs.delete(sha256);
  }

  /** Makes sure that the folder is there, from `zip` or the store; resolves with the unpacked size. */
  #ensure(sha256: string, zip?: ZipSource): Promise<number> {
    const running = this.#unpacking.get(sha256);
    if (running !== undefined) return running;
    const unpacking = this.#unpackOnce(sha256, zip).finally(() => this.#unpacking.delete(sha256));
    this.#unpacking.set(sha256, unpacking);
    return unpacking;
  }

  async #unpackOnce(sha256: string, zip: ZipSource | undefined): Promise<number> {
    const known = await readIfPresent(this.#sizePath(sha256));
    if (known !== undefined && (await exists(this.#path(sha256)))) return Number(known);
    if (zip !== undefined) return this.#unpack(sha256, zip);
    const fetched = await this.#fetch(sha256);
    try {
      return await this.#unpack(sha256, fetched);
    } finally {
      await rm(fetched, { force: true });
    }
  }

  async #unpack(sha256: string, zip: ZipSource): Promise<number> {
    const folder = this.#temporary();
    try {
      const { unzip } = await import("./unzip.ts");
      const size = await unzip(zip, folder, LIMITS.unzippedBytes);
      await writeFile(this.#sizePath(sha256), String(size));
      await rename(folder, this.#path(sha256));
      return size;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async #fetch(sha256: string): Promise<string> {
    const blob = await this.#options.blobs.read(sha256);
    if (blob === undefined) throw new Error(`the store has no code ${sha256}`);
    const path = this.#temporary();
    await pipeline(Readable.from(blob), createWriteStream(path));
    return path;
  }

  #path(sha256: string): string {
    return join(this.#options.folder, sha256);
  }

  #sizePath(sha256: string): string {
    return join(this.#options.folder, `${sha256}.size`);
  }

  #temporary(): string {
    return join(this.#options.folder, `${TEMPORARY}${this.#options.random.uuid()}`);
  }
}

/** Identifies the time since the machine started; empty where the system does not tell. */
async function bootId(): Promise<string> {
  return ((await readIfPresent("/proc/sys/kernel/random/boot_id")) ?? "").trim();
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}
