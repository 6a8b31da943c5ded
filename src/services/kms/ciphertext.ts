/**
 * Ciphertexts of symmetric keys: a header that names key and material in the open, as AWS's do, then AES-256-GCM. Header
 * and encryption context are authenticated, so that a ciphertext opens under its own key and context only. Pure.
 *
 *   version 1, length of ARN (2 bytes), ARN, length of material id, material id, nonce (12), tag (16), text
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../../base/index.ts";

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FIXED_BYTES = 4;

export type EncryptionContext = Readonly<Record<string, string>>;

export interface CiphertextHeader {
  readonly keyArn: string;
  readonly materialId: string;
  readonly header: Buffer;
  readonly body: Buffer;
}

export function seal(
  material: Uint8Array,
  named: { readonly keyArn: string; readonly materialId: string },
  plaintext: Uint8Array,
  context: EncryptionContext,
  random: Random,
): Buffer {
  const arn = Buffer.from(named.keyArn);
  const id = Buffer.from(named.materialId);
  const header = Buffer.concat([
    Buffer.from([VERSION, arn.length >> 8, arn.length & 0xff]),
    arn,
    Buffer.from([id.length]),
    id,
  ]);
  const nonce = Buffer.from(random.hex(NONCE_BYTES), "hex");
  const cipher = createCipheriv("aes-256-gcm", material, nonce).setAAD(authenticated(header, context));
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), text]);
}

/** Undefined for bytes that no ciphertext begins with. */
export function readHeader(blob: Uint8Array): CiphertextHeader | undefined {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < FIXED_BYTES || bytes[0] !== VERSION) return undefined;
  const arnEnd = 3 + bytes.readUInt16BE(1);
  const idLength = bytes[arnEnd];
  if (idLength === undefined) return undefined;
  const end = arnEnd + 1 + idLength;
  if (bytes.length < end + NONCE_BYTES + TAG_BYTES) return undefined;
  return {
    keyArn: bytes.toString("utf8", 3, arnEnd),
    materialId: bytes.toString("utf8", arnEnd + 1, end),
    header: bytes.subarray(0, end),
    body: bytes.subarray(end),
  };
}

/** Undefined when anything was changed, or `context` is another one. */
export function open(
  material: Uint8Array,
  { header, body }: CiphertextHeader,
  context: EncryptionContext,
): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", material, body.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(authenticated(header, context)).setAuthTag(body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = decipher.update(body.subarray(NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]);
  } catch {
    // What GCM throws says no more than that the tag does not fit.
    return undefined;
  }
}

/** Sorted, so that the order of the pairs does not matter; JSON, so that no two contexts read alike. */
function authenticated(header: Uint8Array, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}
