/**
 * As much of ASN.1's encoding rules as signatures and certificates need: values written as DER, read as BER (AWS's own
 * signatures have indefinite lengths). Pure. What is read is hostile: sizes and depths are bounded.
 */

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  objectId: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
  /** Constructed, context-specific: [0]. */
  context0: 0xa0,
  context1: 0xa1,
  context3: 0xa3,
} as const;

const DEPTH_MAX = 16;

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...parts);
}

/** Sorted, as DER's sets are. */
export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return der(TAG.set, ...[...parts].sort(Buffer.compare));
}

export function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return der(TAG.integer, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** `1.2.840.10045.4.3.3` */
export function objectId(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...others] = dotted.split(".").map(BigInt);
  return der(TAG.objectId, ...[first * 40n + second, ...others].map(base128));
}

export function text(value: string): Buffer {
  return der(TAG.utf8, Buffer.from(value));
}

/** `20260928091926.806Z` */
export function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]/g, "");
  return der(TAG.generalizedTime, Buffer.from(digits));
}

/** Without a fraction, as certificates have it. */
export function certificateTime(epochMs: number): Buffer {
  const digits = new Date(epochMs)
    .toISOString()
    .replace(/[-:T]/g, "")
    .replace(/\.\d+Z$/, "Z");
  return der(TAG.generalizedTime, Buffer.from(digits));
}

export interface Node {
  readonly tag: number;
  /** What stands between its header and its end. */
  readonly body: Buffer;
  /** Everything, header and end included. */
  readonly whole: Buffer;
  readonly children: readonly Node[];
}

/** The one value that `bytes` are. Throws for anything else. */
export function readDer(bytes: Uint8Array): Node {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { node, end } = readNode(buffer, 0, 0);
  if (end !== buffer.length) throw new RangeError("something follows the value");
  return node;
}

export function objectIdOf(node: Node): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of node.body) {
    number = number * 128n + BigInt(byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0n;
    }
  }
  const [first = 0n, ...others] = numbers;
  const arc = first < 80n ? first / 40n : 2n;
  return [arc, first - arc * 40n, ...others].join(".");
}

/** Epoch milliseconds. Throws for what is no time. */
export function timeOf(node: Node): number {
  const [, year, month, day, hour, minute, second = "", fraction = ".0"] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(node.body.toString("latin1")) ?? [];
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
  if (Number.isNaN(milliseconds)) throw new RangeError("this is no time");
  return milliseconds;
}

function readNode(buffer: Buffer, start: number, depth: number): { readonly node: Node; readonly end: number } {
  if (depth > DEPTH_MAX) throw new RangeError("values stand too deep in each other");
  const tag = byteAt(buffer, start);
  const first = byteAt(buffer, start + 1);
  const isConstructed = (tag & 0x20) !== 0;
  if (first === 0x80) return readIndefinite(buffer, start, depth, tag);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4) throw new RangeError("a length is too long");
  const bodyStart = start + 2 + lengthBytes;
  if (bodyStart > buffer.length) throw new RangeError("a length is cut off");
  const length = lengthBytes === 0 ? first : buffer.readUIntBE(start + 2, lengthBytes);
  const end = bodyStart + length;
  if (end > buffer.length) throw new RangeError("a value is cut off");
  const children: Node[] = [];
  for (let at = bodyStart; isConstructed && at < end; ) {
    const child = readNode(buffer.subarray(0, end), at, depth + 1);
    children.push(child.node);
    at = child.end;
  }
  return {
    node: { tag, body: buffer.subarray(bodyStart, end), whole: buffer.subarray(start, end), children },
    end,
  };
}

function readIndefinite(
  buffer: Buffer,
  start: number,
  depth: number,
  tag: number,
): { readonly node: Node; readonly end: number } {
  if ((tag & 0x20) === 0) throw new RangeError("a value without parts has no end");
  const children: Node[] = [];
  let at = start + 2;
  while (byteAt(buffer, at) !== 0 || byteAt(buffer, at + 1) !== 0) {
    const child = readNode(buffer, at, depth + 1);
    children.push(child.node);
    at = child.end;
  }
  const end = at + 2;
  return { node: { tag, body: buffer.subarray(start + 2, at), whole: buffer.subarray(start, end), children }, end };
}

function byteAt(buffer: Buffer, at: number): number {
  const byte = buffer[at];
  if (byte === undefined) throw new RangeError("a value is cut off");
  return byte;
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function base128(value: bigint): Buffer {
  const bytes = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(bytes);
}
