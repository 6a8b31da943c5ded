/** Deployment packages for benchmarks, always the same bytes: text that compresses as sources do, or bytes that do not. */
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

const WORDS = 90;
const TEXT_BYTES = 4 * 2 ** 20;
const HANDLER = 'exports.handler = async () => "hello";\n';

export interface PackageShape {
  readonly files: number;
  readonly fileBytes: number;
  /** Bytes that no compression makes smaller. */
  readonly random?: boolean;
}

/** Writes a zip with `index.js`, whose handler answers "hello", and files of these shapes. */
export async function writePackage(path: string, shapes: readonly PackageShape[]): Promise<void> {
  const next = generator();
  const text = sourceText(next);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(HANDLER), "index.js", { mtime: new Date(0) });
  for (const [kind, { files, fileBytes, random = false }] of shapes.entries()) {
    for (let n = 0; n < files; n += 1) {
      const content = random ? noise(fileBytes, next) : cut(text, fileBytes, next);
      zip.addBuffer(content, `lib/${kind}/${n % 50}/file-${n}.js`, { mtime: new Date(0), compress: !random });
    }
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

/** A small linear congruential generator, below 2^32. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

function sourceText(next: () => number): Buffer {
  const words = Array.from(
    { length: WORDS },
    () =>
      next().toString(36) +
      next()
        .toString(36)
        .slice(0, next() % 6),
  );
  const text = Buffer.alloc(TEXT_BYTES);
  for (let at = 0; at < TEXT_BYTES; ) at += text.write(`${words[next() % WORDS]} `, at, "latin1");
  return text;
}

function cut(text: Buffer, bytes: number, next: () => number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const from = next() % (text.length - 64 * 1024);
    at += text.copy(content, at, from, from + Math.min(64 * 1024, bytes - at));
  }
  return content;
}

function noise(bytes: number, next: () => number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE((next() ^ (next() << 13)) >>> 0, at);
  return content;
}
