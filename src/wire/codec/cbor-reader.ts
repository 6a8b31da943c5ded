/**
 * RFC 8949 bytes to a document, for hostile input: every length is checked against what is left before anything is made
 * of it, nesting is bounded, text must be UTF-8, keys must be text, and big numbers, which rpcv2Cbor clients do not send
 * for the types AWS uses, stay within 64 bits. (The SDK's reader is made for answers of a trusted server.)
 */
import { isUtf8 } from "node:buffer";
import { serializationError } from "../service-error.ts";
import { setOwn } from "./document-decoder.ts";

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const INDEFINITE = 31;
const BREAK = 0xff;
const EPOCH_TAG = 1;

/** @throws ServiceError SerializationException */
export function readCbor(bytes: Uint8Array, depthMax: number): unknown {
  const reader = new CborReader(bytes, depthMax);
  const value = reader.readValue(0);
  reader.requireEnd();
  return value;
}

class CborReader {
  readonly #bytes: Buffer;
  readonly #depthMax: number;
  #at = 0;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#depthMax = depthMax;
  }

  requireEnd(): void {
    if (this.#at !== this.#bytes.length) throw serializationError("Unexpected bytes after the CBOR document");
  }

  readValue(depth: number): unknown {
    if (depth > this.#depthMax) throw serializationError("The document is nested too deeply");
    const initial = this.#take(1).readUInt8(0);
    const major = initial >> 5;
    const minor = initial & 31;
    switch (major) {
      case MAJOR.unsigned:
        return shrink(this.#argument(minor));
      case MAJOR.negative:
        return shrink(-1n - this.#argument(minor));
      case MAJOR.bytes:
        return minor === INDEFINITE ? this.#readChunks(MAJOR.bytes) : this.#take(this.#length(minor));
      case MAJOR.text:
        return this.#text(minor === INDEFINITE ? this.#readChunks(MAJOR.text) : this.#take(this.#length(minor)));
      case MAJOR.array:
        return this.#readArray(minor, depth);
      case MAJOR.map:
        return this.#readMap(minor, depth);
      case MAJOR.tag:
        return this.#readTag(minor, depth);
      default:
        return this.#readSimple(minor);
    }
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw serializationError("Unexpected end of the CBOR document");
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  #argument(minor: number): bigint {
    if (minor < 24) return BigInt(minor);
    if (minor === 24) return BigInt(this.#take(1).readUInt8(0));
    if (minor === 25) return BigInt(this.#take(2).readUInt16BE(0));
    if (minor === 26) return BigInt(this.#take(4).readUInt32BE(0));
    if (minor === 27) return this.#take(8).readBigUInt64BE(0);
    throw serializationError("Malformed CBOR document");
  }

  /** A length that the bytes left could hold, since every item takes at least one byte. */
  #length(minor: number): number {
    const length = this.#argument(minor);
    if (length > BigInt(this.#bytes.length - this.#at)) throw serializationError("Unexpected end of the CBOR document");
    return Number(length);
  }

  #readChunks(major: number): Buffer {
    const parts: Buffer[] = [];
    while (!this.#takeBreak()) {
      const initial = this.#take(1).readUInt8(0);
      if (initial >> 5 !== major || (initial & 31) === INDEFINITE) throw serializationError("Malformed CBOR string");
      parts.push(this.#take(this.#length(initial & 31)));
    }
    return Buffer.concat(parts);
  }

  #takeBreak(): boolean {
    if (this.#at >= this.#bytes.length) throw serializationError("Unexpected end of the CBOR document");
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at++;
    return true;
  }

  #text(bytes: Buffer): string {
    if (!isUtf8(bytes)) throw serializationError("Text in the CBOR document is not UTF-8");
    return bytes.toString("utf8");
  }

  #readArray(minor: number, depth: number): unknown[] {
    const items: unknown[] = [];
    if (minor === INDEFINITE) {
      while (!this.#takeBreak()) items.push(this.readValue(depth + 1));
      return items;
    }
    for (let left = this.#length(minor); left > 0; left--) items.push(this.readValue(depth + 1));
    return items;
  }

  #readMap(minor: number, depth: number): Record<string, unknown> {
    const target: Record<string, unknown> = {};
    const readEntry = (): void => {
      const key = this.readValue(depth + 1);
      if (typeof key !== "string") throw serializationError("A key in the CBOR document is not text");
      setOwn(target, key, this.readValue(depth + 1));
    };
    if (minor === INDEFINITE) {
      while (!this.#takeBreak()) readEntry();
    } else {
      for (let left = this.#length(minor); left > 0; left--) readEntry();
    }
    return target;
  }

  #readTag(minor: number, depth: number): unknown {
    const tag = this.#argument(minor);
    const value = this.readValue(depth + 1);
    if (tag !== BigInt(EPOCH_TAG)) throw serializationError(`CBOR tag ${tag} is not supported`);
    if (typeof value !== "number") throw serializationError("A CBOR date must be a number");
    return new Date(Math.round(value * 1000));
  }

  #readSimple(minor: number): unknown {
    if (minor === 20) return false;
    if (minor === 21) return true;
    if (minor === 22 || minor === 23) return null;
    if (minor === 25) return halfFloat(this.#take(2).readUInt16BE(0));
    if (minor === 26) return this.#take(4).readFloatBE(0);
    if (minor === 27) return this.#take(8).readDoubleBE(0);
    throw serializationError("Malformed CBOR document");
  }
}

function shrink(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
