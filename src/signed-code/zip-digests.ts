/**
 * What a signature of a zip is about: the names and contents of all entries in the order of the zip's directory, but for
 * the signature itself. Two digests: the one that AWS Signer's signatures hold (names and contents run together, so that
 * the end of a name could be moved into a content), and one in which each part has its length, and each entry its mode.
 * Reads entries as the unpacker does; knows no keys.
 */
import { createHash } from "node:crypto";
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from "yauzl";
import { SIGNATURE_BYTES_MAX, SIGNED_ENTRIES_MAX } from "./limits.ts";

/** Where AWS Signer puts its signature. */
export const SIGNATURE_FILE = "META_INF/aws_signer_signature_v1.0.SF";
export const SIGNATURE_FOLDER = "META_INF/";
/** A folder that its owner may change, as Unix and DOS write it. */
export const FOLDER_ATTRIBUTES: number = ((0o040755 << 16) | 0x10) >>> 0;

export interface ZipDigests {
  /** SHA-384 over names and contents, which AWS Signer signs as detached content. */
  readonly content: Buffer;
  /** SHA-384 over entries with lengths and modes. */
  readonly entries: Buffer;
}

export interface DigestedZip extends ZipDigests {
  /** PEM, as it stands in the zip. */
  readonly signature: string | undefined;
  readonly hasFolder: boolean;
}

/** The zip has something that no signature can be about: two entries of one name, or a signature that is none. */
export class Unsignable extends Error {
  override readonly name = "Unsignable";
}

/**
 * Digests of the zip in memory or at a path. For a zip that is to be signed, `withFolder` counts the signature's folder as
 * if it were there; with `onlyIfSigned`, a zip without a signature is not read, and undefined. Throws Unsignable, RangeError past `bytesMax`, and what yauzl throws for what is no zip.
 */
export async function digestZip(
  source: Uint8Array | string,
  options: { readonly bytesMax: number; readonly withFolder?: boolean },
): Promise<DigestedZip>;
export async function digestZip(
  source: Uint8Array | string,
  options: { readonly bytesMax: number; readonly onlyIfSigned: true },
): Promise<DigestedZip | undefined>;
export async function digestZip(
  source: Uint8Array | string,
  options: { readonly bytesMax: number; readonly withFolder?: boolean; readonly onlyIfSigned?: boolean },
): Promise<DigestedZip | undefined> {
  const zip = await open(source);
  try {
    const content = createHash("sha384");
    const entries = createHash("sha384");
    const names = new Set<string>();
    let signature: string | undefined;
    let left = options.bytesMax;
    const all = await entriesOf(zip);
    if (options.onlyIfSigned && !all.some(({ fileName }) => fileName === SIGNATURE_FILE)) return undefined;
    for (const entry of all) {
      const { fileName } = entry;
      if (names.has(fileName)) throw new Unsignable(`${fileName} occurs twice`);
      names.add(fileName);
      if (fileName === SIGNATURE_FILE) {
        signature = await readSignature(zip, entry);
        continue;
      }
      const body = createHash("sha384");
      content.update(fileName);
      let length = 0;
      if (!fileName.endsWith("/")) {
        const stream = await zip.openReadStreamPromise(entry);
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          length += chunk.length;
          left -= chunk.length;
          if (left < 0) throw new RangeError("the zip is larger than may be signed");
          content.update(chunk);
          body.update(chunk);
        }
      }
      entries.update(framed(fileName, entry.externalFileAttributes, length, body.digest()));
    }
    const hasFolder = names.has(SIGNATURE_FOLDER);
    if (options.withFolder && !hasFolder) {
      content.update(SIGNATURE_FOLDER);
      entries.update(framed(SIGNATURE_FOLDER, FOLDER_ATTRIBUTES, 0, createHash("sha384").digest()));
    }
    return { content: content.digest(), entries: entries.digest(), signature, hasFolder };
  } finally {
    zip.close();
  }
}

function framed(name: string, attributes: number, length: number, digest: Buffer): Buffer {
  const bytes = Buffer.from(name);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(bytes.length, 0);
  head.writeUInt32BE(attributes >>> 0, 4);
  head.writeBigUInt64BE(BigInt(length), 8);
  return Buffer.concat([head, bytes, digest]);
}

async function readSignature(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > SIGNATURE_BYTES_MAX) throw new Unsignable("the signature is too long");
  const chunks: Buffer[] = [];
  const stream = await zip.openReadStreamPromise(entry);
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

function open(source: Uint8Array | string): Promise<ZipFile> {
  const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true, decodeStrings: true };
  return typeof source === "string"
    ? openPromise(source, options)
    : fromBufferPromise(Buffer.from(source.buffer, source.byteOffset, source.byteLength), options);
}

function entriesOf(zip: ZipFile): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  return new Promise((resolve, reject) => {
    zip.on("entry", (entry: Entry) => {
      entries.push(entry);
      if (entries.length > SIGNED_ENTRIES_MAX) reject(new RangeError("the zip has too many entries"));
      else zip.readEntry();
    });
    zip.once("end", () => resolve(entries));
    zip.once("error", reject);
    zip.readEntry();
  });
}
