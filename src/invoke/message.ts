/**
 * The form of what the data plane keeps in queues: a small header and a payload, verbatim.
 *
 *   message = headerLength:u32 header:JSON payload:bytes      (big-endian)
 */
import type { JsonValue } from "../base/index.ts";

export interface Message<H> {
  readonly header: H;
  readonly payload: Uint8Array;
}

export function encodeMessage({ header, payload }: Message<object>): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const message = Buffer.allocUnsafe(4 + text.length + payload.length);
  message.writeUInt32BE(text.length, 0);
  message.set(text, 4);
  message.set(payload, 4 + text.length);
  return message;
}

/** Throws SyntaxError for bytes that no `encodeMessage` made, or whose header is not one that `isHeader` knows. */
export function decodeMessage<H>(message: Uint8Array, isHeader: (value: unknown) => value is H): Message<H> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const headerEnd = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32BE(0);
  if (headerEnd > bytes.length) throw new SyntaxError("a message's header is cut off");
  const header: JsonValue = JSON.parse(bytes.toString("utf8", 4, headerEnd));
  if (!isHeader(header)) throw new SyntaxError("a message's header lacks members");
  return { header, payload: bytes.subarray(headerEnd) };
}

/** Whether a header has these members as texts and numbers, and these as texts if at all. */
export function hasMembers(
  value: unknown,
  members: {
    readonly texts: readonly string[];
    readonly numbers: readonly string[];
    readonly optional: readonly string[];
  },
): boolean {
  if (typeof value !== "object" || value === null) return false;
  const found = new Map<string, unknown>(Object.entries(value));
  return (
    members.texts.every((name) => typeof found.get(name) === "string") &&
    members.numbers.every((name) => typeof found.get(name) === "number") &&
    members.optional.every((name) => !found.has(name) || typeof found.get(name) === "string")
  );
}
