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
import { openedCode, type SealedHeader, sealedCode } from "./sealed-code.ts";
import type { ZipSource } from "./unzip.ts";

const STALE = ".stale-";
const TEMPORARY = "tmp-";
/** An unpacked folder, or the note of its size. */
const CONTENT = /^([0-9a-f]{64})(\.size)?$/;

export interface StoredZip {
  /** Names what is stored. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unzippedBytes: number;
  /** Of code under a customer's key: the digest of the zip itself. */
  readonly sealed?: { readonly sha256: string; readonly keyArn: string };
}

/** How code is to be sealed: a new data key, in the clear and as it is kept. */
export interface CodeSealing {
  readonly header: Omit<SealedHeader, "sizeBytes">;
  readonly key: Uint8Array;
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
  /** Whether any of them needs a copy: else the content stays elsewhere, and is read from there. Default: all do. */
  readonly needsCopy?: (sha256: string) => boolean;
  /** Content of which no copy is kept, from where it stays; undefined when that is not known. */
  readonly readSource?: (sha256: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Whether something other than code has this content: its blob then stays. */
  readonly isKeptElsewhere?: (sha256: string) => boolean;
  /** The data key of sealed code. Default: none can be opened. */
  readonly openKey?: (header: SealedHeader) => Promise<Uint8Array>;
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
   * Checks, unpacks and stores a zip, sealed where `sealing` says how; durable when it resolves. The content is pinned until
   * `release`. Throws ZipRejected.
   */
  add(zip: Uint8Array, sealing?: CodeSealing): Promise<StoredZip> {
    return this.#keep(zip, { sha256: createHash("sha256").update(zip).digest("hex"), sizeBytes: zip.length }, sealing);
  }

  /**
   * As `add`, from a stream: at most `maxBytes` of it. With `copies: false` it is unpacked only, and read again from where it
   * stays. Throws ZipRejected, and RangeError when the stream is longer.
   */
  async addStream(
    content: AsyncIterable<Uint8Array>,
    maxBytes: number,
    sealing?: (path: string) => Promise<CodeSealing | undefined>,
    { copies = true }: { readonly copies?: boolean } = {},
  ): Promise<StoredZip> {
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
      const zip = { sha256: hash.digest("hex"), sizeBytes: length };
      return await this.#keep(path, zip, await sealing?.(path), copies);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** A zip as it was uploaded. Undefined when the store has none of that name. */
  async read(
    sha256: string,
  ): Promise<{ readonly sizeBytes: number; readonly content: AsyncIterable<Uint8Array> } | undefined> {
    const { blobs } = this.#options;
    const [info, stored] = await Promise.all([blobs.stat(sha256), blobs.read(sha256)]);
    if (info === undefined || stored === undefined) return undefined;
    const { content, header } = await openedCode(stored, (sealed) => this.#openKey(sealed));
    return { sizeBytes: header?.sizeBytes ?? info.sizeBytes, content };
  }

  async unpacked(sha256: string): Promise<string> {
    await this.#ensure(sha256);
    return this.#path(sha256);
  }

  /** Keeps content from being collected until the matching `release`. */
  pin(sha256: string): void {
    this.#pins.set(sha256, (this.#pins.get(sha256) ?? 0) + 1);
  }

  isPinned(sha256: string): boolean {
    return this.#pins.has(sha256);
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

  /** A sealed zip is named by what is stored, since the same content under two keys is two things. */
  async #keep(
    source: ZipSource,
    zip: { readonly sha256: string; readonly sizeBytes: number },
    sealing: CodeSealing | undefined,
    copies = true,
  ): Promise<StoredZip> {
    const plain = (): AsyncIterable<Uint8Array> =>
      typeof source === "string" ? createReadStream(source) : Readable.from([source]);
    const stored = (): AsyncIterable<Uint8Array> =>
      sealing === undefined
        ? plain()
        : sealedCode(plain(), { ...sealing.header, sizeBytes: zip.sizeBytes }, sealing.key);
    const sha256 = sealing === undefined ? zip.sha256 : await digestOf(stored());
    this.pin(sha256);
    const content = sealing === undefined && typeof source !== "string" ? source : stored;
    const putting = copies ? this.#options.blobs.put(typeof content === "function" ? content() : content) : undefined;
    const [unpacked, put] = await Promise.allSettled([this.#ensure(sha256, source), putting]);
    if (unpacked.status === "fulfilled" && put.status === "fulfilled") {
      const { keyArn } = sealing?.header ?? {};
      const sealed = keyArn === undefined ? {} : { sealed: { sha256: zip.sha256, keyArn } };
      return { sha256, sizeBytes: zip.sizeBytes, unzippedBytes: unpacked.value, ...sealed };
    }
    await this.#takeBack(sha256);
    throw unpacked.status === "rejected" ? unpacked.reason : put.status === "rejected" && put.reason;
  }

  #openKey(header: SealedHeader): Promise<Uint8Array> {
    const { openKey } = this.#options;
    if (openKey === undefined) throw new Error("there is nobody who opens sealed code");
    return openKey(header);
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
    if (this.#pins.has(sha256)) return;
    if (this.#options.isReferenced(sha256)) {
      if (this.#options.needsCopy?.(sha256) === false) await this.#deleteCopy(sha256);
      return;
    }
    const doomed = this.#temporary();
    try {
      await rename(this.#path(sha256), doomed);
    } catch (error) {
      if (!hasErrorCode(error, "ENOENT")) throw error;
    }
    await rm(doomed, { recursive: true, force: true });
    await rm(this.#sizePath(sha256), { force: true });
    await this.#deleteCopy(sha256);
  }

  async #deleteCopy(sha256: string): Promise<void> {
    if (this.#options.isKeptElsewhere?.(sha256) !== true) await this.#options.blobs.delete(sha256);
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
    const source = blob === undefined ? await this.#options.readSource?.(sha256) : undefined;
    const path = this.#temporary();
    try {
      await pipeline(Readable.from(await this.#opened(sha256, blob, source)), createWriteStream(path));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return path;
  }

  /** A copy is what was put there; what comes from elsewhere is looked at. */
  async #opened(
    sha256: string,
    blob: AsyncIterable<Uint8Array> | undefined,
    source: AsyncIterable<Uint8Array> | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    if (blob !== undefined) return (await openedCode(blob, (sealed) => this.#openKey(sealed))).content;
    if (source !== undefined) return verified(source, sha256);
    throw new Error(`the store has no code ${sha256}`);
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

/** Throws at the end of content that has another hash. */
async function* verified(content: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256) throw new Error(`what S3 has is not the code ${sha256}`);
}

async function digestOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
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
