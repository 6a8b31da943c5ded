/**
 * The form of what the data plane keeps in queues: a small header and a payload, verbatim.
 *
 *   message = headerLength:u32 header:JSON payload:bytes      (big-endian)
 */
import type { JsonValue } from "../base/index.ts";
import { backoffMs } from "./verdict.ts";

/** What every header may have. */
export interface PutOff {
  /** How often in a row it was put off. Counted here, since deliveries also count those that ended with a server. */
  readonly refusals?: number;
}

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

/** The message as it goes back into its queue after a throttle or a failure of the system, and for how long. */
export function putOff<H extends PutOff>({
  header,
  payload,
}: Message<H>): {
  readonly body: Uint8Array;
  readonly delayMs: number;
} {
  const refusals = (header.refusals ?? 0) + 1;
  return { body: encodeMessage({ header: { ...header, refusals }, payload }), delayMs: backoffMs(refusals) };
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
    members.optional.every((name) => !found.has(name) || typeof found.get(name) === "string") &&
    (!found.has("refusals") || typeof found.get("refusals") === "number")
  );
}
