/**
 * Code under a customer's key, as it lies in the store: a header in the open that says which key opens it, then frames of
 * AES-256-GCM under a data key of its own. Streams; a frame that was changed, moved or left out is noticed before it is
 * used. Pure: who opens the data key is not known here.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";

const MAGIC = "lambent sealed code 1\n";
const FRAME_BYTES = 1024 * 1024;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const HEADER_BYTES_MAX = 16_384;

export interface SealedHeader {
  readonly keyArn: string;
  /** The data key as KMS encrypted it, base64. */
  readonly wrappedKey: string;
  readonly accountId: string;
  readonly region: string;
  /** KMS's encryption context. */
  readonly functionArn: string;
  /** Of the zip in the clear. */
  readonly sizeBytes: number;
}

/** The zip as it is stored. The data key must be a new one: nonces count from 0. */
export async function* sealedCode(
  content: AsyncIterable<Uint8Array>,
  header: SealedHeader,
  key: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const head = Buffer.from(`${MAGIC}${JSON.stringify(header)}\n`);
  yield head;
  let frame = 0;
  let pending = Buffer.alloc(0);
  for await (const chunk of content) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > FRAME_BYTES) {
      yield sealFrame(key, head, frame++, pending.subarray(0, FRAME_BYTES), false);
      pending = pending.subarray(FRAME_BYTES);
    }
  }
  yield sealFrame(key, head, frame, pending, true);
}

/** What is stored, in the clear: code that is not sealed as it is. `openKey` is asked for the data key. */
export async function openedCode(
  stored: AsyncIterable<Uint8Array>,
  openKey: (header: SealedHeader) => Promise<Uint8Array>,
): Promise<{ readonly content: AsyncIterable<Uint8Array>; readonly header: SealedHeader | undefined }> {
  const source = stored[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  let ended = false;
  const more = async (): Promise<void> => {
    const next = await source.next();
    if (next.done) ended = true;
    else read = Buffer.concat([read, next.value]);
  };
  while (read.length < MAGIC.length && !ended) await more();
  if (read.toString("latin1", 0, MAGIC.length) !== MAGIC) return { content: rest(read, source), header: undefined };
  while (read.indexOf("\n", MAGIC.length) < 0 && !ended && read.length < HEADER_BYTES_MAX) await more();
  const end = read.indexOf("\n", MAGIC.length) + 1;
  const header = parseHeader(read.toString("utf8", MAGIC.length, end));
  const key = await openKey(header);
  return { content: frames(key, read.subarray(0, end), rest(read.subarray(end), source)), header };
}

async function* frames(key: Uint8Array, head: Buffer, stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const size = FRAME_BYTES + TAG_BYTES;
  let frame = 0;
  let pending = Buffer.alloc(0);
  for await (const chunk of stored) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > size) {
      yield openFrame(key, head, frame++, pending.subarray(0, size), false);
      pending = pending.subarray(size);
    }
  }
  yield openFrame(key, head, frame, pending, true);
}

function sealFrame(key: Uint8Array, head: Buffer, frame: number, plain: Uint8Array, last: boolean): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(frame, last)).setAAD(head);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws for a frame that is not the one that was written here. */
function openFrame(key: Uint8Array, head: Buffer, frame: number, sealed: Buffer, last: boolean): Buffer {
  const end = Math.max(0, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(frame, last), { authTagLength: TAG_BYTES });
  decipher.setAAD(head).setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
}

/** Its place in the order, and whether it is the last: so none can be moved, and the end cannot be cut off. */
function nonceOf(frame: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(frame, 4);
  nonce[NONCE_BYTES - 1] = last ? 1 : 0;
  return nonce;
}

async function* rest(read: Uint8Array, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (read.length > 0) yield read;
  for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
}

function parseHeader(text: string): SealedHeader {
  const value: unknown = JSON.parse(text);
  const member = (name: string): string => {
    const found: unknown = Reflect.get(Object(value), name);
    if (typeof found !== "string") throw new Error(`sealed code has no ${name}`);
    return found;
  };
  return {
    keyArn: member("keyArn"),
    wrappedKey: member("wrappedKey"),
    accountId: member("accountId"),
    region: member("region"),
    functionArn: member("functionArn"),
    sizeBytes: Number(Reflect.get(Object(value), "sizeBytes")),
  };
}
