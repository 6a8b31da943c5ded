/**
 * The Blobs port as files named by their SHA-256. A blob is written aside, synced, renamed into place and its folder
 * synced: under its name there is only ever whole and durable content. File work is the thread pool's, never the loop's.
 */
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode, type Random } from "../../base/index.ts";
import { type BlobInfo, type Blobs, BlobTooLarge, StoreUnavailable } from "../ports.ts";
import type { CrashPoint } from "./writer/crash-point.ts";

const INCOMING = "incoming";
const READ_CHUNK_BYTES = 64 * 1024;

export class LocalBlobs implements Blobs {
  readonly #folder: string;
  readonly #incoming: string;
  readonly #random: Random;
  readonly #crashPoint: CrashPoint;

  constructor(folder: string, random: Random, crashPoint: CrashPoint) {
    this.#folder = folder;
    this.#incoming = join(folder, INCOMING);
    this.#random = random;
    this.#crashPoint = crashPoint;
  }

  /** Makes the folders where they are missing; anybody may. */
  static async makeFolders(folder: string): Promise<void> {
    const made = await mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(folder);
  }

  /** Removes what interrupted puts left. Only the holder of the data folder may. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#incoming)) await unlink(join(this.#incoming, name));
  }

  async put(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: { readonly maxBytes?: number } = {},
  ): Promise<BlobInfo> {
    const aside = join(this.#incoming, this.#random.hex(16));
    try {
      const info = await this.#write(aside, content, options.maxBytes ?? Number.POSITIVE_INFINITY);
      await rename(aside, join(this.#folder, info.sha256));
      this.#crashPoint("blob-renamed");
      await syncFolder(this.#folder);
      this.#crashPoint("blob-durable");
      return info;
    } catch (error) {
      await removeIfThere(aside);
      throw unavailable(error);
    }
  }

  async read(
    sha256: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const info = await this.stat(sha256);
    if (info === undefined) return undefined;
    const start = Math.max(range?.start ?? 0, 0);
    const end = Math.min(range?.end ?? info.sizeBytes, info.sizeBytes);
    return readRange(join(this.#folder, sha256), start, end);
  }

  async stat(sha256: string): Promise<BlobInfo | undefined> {
    if (!isSha256(sha256)) return undefined;
    try {
      const { size } = await stat(join(this.#folder, sha256));
      return { sha256, sizeBytes: size };
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw unavailable(error);
    }
  }

  async delete(sha256: string): Promise<void> {
    if (!isSha256(sha256)) return;
    try {
      await removeIfThere(join(this.#folder, sha256));
      await syncFolder(this.#folder);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #write(path: string, content: AsyncIterable<Uint8Array> | Uint8Array, maxBytes: number): Promise<BlobInfo> {
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const file = await open(path, "wx", 0o600);
    try {
      for await (const chunk of content instanceof Uint8Array ? [content] : content) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > maxBytes) throw new BlobTooLarge(`the content has more than ${maxBytes} bytes`);
        hash.update(chunk);
        await writeAll(file, chunk);
      }
      this.#crashPoint("blob-written");
      await file.sync();
      this.#crashPoint("blob-synced");
    } finally {
      await file.close();
    }
    return { sha256: hash.digest("hex"), sizeBytes };
  }
}

async function* readRange(path: string, start: number, end: number): AsyncGenerator<Uint8Array, void> {
  const file = await open(path, "r");
  try {
    for (let position = start; position < end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_CHUNK_BYTES, end - position));
      const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, position);
      if (bytesRead === 0) throw new StoreUnavailable("io-error", `blob ${path} is shorter than it was`);
      position += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    offset += (await file.write(chunk, offset, chunk.byteLength - offset)).bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT")) throw error;
  }
}

function isSha256(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

/** Errors of the file system as StoreUnavailable; errors of the content's source and BlobTooLarge stay what they are. */
function unavailable(error: unknown): unknown {
  if (!(error instanceof Error) || !("syscall" in error) || !("path" in error || "errno" in error)) return error;
  const reason = hasErrorCode(error, "ENOSPC", "EDQUOT", "EFBIG") ? "disk-full" : "io-error";
  return new StoreUnavailable(reason, `the store could not keep or find a blob: ${error.message}`, { cause: error });
}
