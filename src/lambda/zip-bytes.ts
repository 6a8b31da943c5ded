/**
 * The content of a zip's small entries, each in one piece: packages are made of thousands of files, and a stream for each
 * costs many times what is in it. Large entries are streamed, see unzip.ts.
 */
import { type FileHandle, open } from "node:fs/promises";
import { crc32, inflateRawSync } from "node:zlib";
import type { Entry } from "yauzl";
import { BOUNDS } from "./limits.ts";
import { ZipRejected } from "./zip-plan.ts";

const LOCAL_HEADER = 0x0403_4b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;

/** Reads anywhere in a zip. */
export interface ZipBytes extends AsyncDisposable {
  /** `length` bytes from `at`; throws ZipRejected when the zip ends before. */
  read(at: number, length: number): Buffer | Promise<Buffer>;
}

export async function openBytes(source: Uint8Array | string): Promise<ZipBytes> {
  if (typeof source === "string") return fromFile(await open(source, "r"));
  const whole = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return {
    read: (at, length) => requireWhole(whole.subarray(at, at + length), length),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export function isSmall({ compressedSize, uncompressedSize }: Entry): boolean {
  return Math.max(compressedSize, uncompressedSize) <= BOUNDS.zipSmallEntryBytes;
}

/** The whole content of a small entry, checked. Throws ZipRejected. */
export async function smallContent(zip: ZipBytes, entry: Entry): Promise<Buffer> {
  const { relativeOffsetOfLocalHeader: start, compressedSize, uncompressedSize, fileName } = entry;
  const headed = zip.read(start, LOCAL_HEADER_BYTES);
  const header = headed instanceof Promise ? await headed : headed;
  if (header.readUInt32LE(0) !== LOCAL_HEADER)
    throw new ZipRejected("unreadable", `${fileName} is not where it should be`);
  const from = start + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  const reading = zip.read(from, compressedSize);
  const packed = reading instanceof Promise ? await reading : reading;
  const content = entry.compressionMethod === STORED ? packed : inflated(packed, entry);
  if (content.length !== uncompressedSize) throw new ZipRejected("unreadable", `${fileName} has another size`);
  if (crc32(content) !== entry.crc32) throw new ZipRejected("unreadable", `${fileName} has a wrong checksum`);
  return content;
}

function inflated(packed: Buffer, { uncompressedSize, fileName }: Entry): Buffer {
  if (uncompressedSize === 0) return Buffer.alloc(0);
  try {
    return inflateRawSync(packed, { maxOutputLength: uncompressedSize });
  } catch (error) {
    throw new ZipRejected("unreadable", `${fileName} cannot be decompressed`, { cause: error });
  }
}

function fromFile(file: FileHandle): ZipBytes {
  return {
    async read(at, length) {
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return requireWhole(bytes.subarray(0, filled), length);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function requireWhole(bytes: Buffer, length: number): Buffer {
  if (bytes.length < length) throw new ZipRejected("unreadable", "it ends too early");
  return bytes;
}
