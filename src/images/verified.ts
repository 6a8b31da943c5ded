/**
 * Streams that prove what they are: a digest of what came in, decompression, a digest of what came out, and limits on both.
 * Nothing is held but the piece on its way.
 */
import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { CollectedBytes } from "../base/index.ts";
import type { Compression } from "./manifest.ts";
import { broken, ImageProblem } from "./problems.ts";

/** Passes `content` on; throws ImageProblem at its end unless it is exactly what `digest` and `sizeBytes` say. */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  { digest, sizeBytes }: { readonly digest: string; readonly sizeBytes?: number },
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of content) {
    length += chunk.length;
    if (sizeBytes !== undefined && length > sizeBytes) throw broken(`${digest} is longer than ${sizeBytes} bytes`);
    hash.update(chunk);
    yield chunk;
  }
  if (sizeBytes !== undefined && length < sizeBytes) throw broken(`${digest} is shorter than ${sizeBytes} bytes`);
  if (`sha256:${hash.digest("hex")}` !== digest) throw broken(`the content of ${digest} is another`);
}

/** What `content` holds. Throws ImageProblem for what was not compressed so. */
export async function* decompressed(
  content: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array, void> {
  if (compression === "none") {
    yield* content;
    return;
  }
  let cause: unknown;
  const unpacker = compression === "gzip" ? createGunzip() : createZstdDecompress();
  pipeline(Readable.from(content), unpacker, (error) => {
    cause = error ?? undefined;
  });
  try {
    for await (const chunk of unpacker) yield chunk as Uint8Array;
  } catch (error) {
    const reason = cause ?? error;
    if (reason instanceof ImageProblem) throw reason;
    if (isZlibError(reason)) throw broken(`a layer is not compressed as ${compression}: ${String(reason)}`);
    throw reason;
  }
}

/** The compression that the first bytes show, for archives that do not say it. */
export async function sniffed(
  content: AsyncIterable<Uint8Array>,
): Promise<{ readonly compression: Compression; readonly content: AsyncIterable<Uint8Array> }> {
  const iterator = content[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done === true ? new Uint8Array() : first.value;
  async function* whole(): AsyncGenerator<Uint8Array, void> {
    yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return { compression: compressionOf(head), content: whole() };
}

/** At most `maxBytes` of it, in memory. */
export async function collected(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const bytes = new CollectedBytes();
  for await (const chunk of content) {
    bytes.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (bytes.length > maxBytes)
      throw new ImageProblem("too-large", `a manifest or configuration has over ${maxBytes} bytes`);
  }
  return bytes.take();
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function compressionOf(head: Uint8Array): Compression {
  const magic = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (magic.startsWith("1f8b")) return "gzip";
  return magic === "28b52ffd" ? "zstd" : "none";
}

function isZlibError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return (
    code.startsWith("Z_") || code.startsWith("ZSTD_") || code.startsWith("ERR_ZSTD") || code === "ERR_BUFFER_TOO_LARGE"
  );
}
