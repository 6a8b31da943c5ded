/**
 * An asynchronous event on its way through the queue: a small header and the payload, verbatim.
 *
 *   message = headerLength:u32 header:JSON payload:bytes      (big-endian)
 */
import type { JsonValue } from "../base/index.ts";

export interface EventHeader {
  readonly accountId: string;
  readonly region: string;
  readonly functionName: string;
  /** As the caller qualified it; absent for the unqualified function. */
  readonly qualifier?: string;
  /** Stays the same over all tries. */
  readonly requestId: string;
  readonly traceId: string;
  readonly clientContext?: string;
  /** Epoch milliseconds of the acceptance. */
  readonly acceptedAt: number;
  /** Tries that the function has failed. */
  readonly failures: number;
}

export interface AsyncEvent {
  readonly header: EventHeader;
  readonly payload: Uint8Array;
}

export function encodeEvent({ header, payload }: AsyncEvent): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const message = Buffer.allocUnsafe(4 + text.length + payload.length);
  message.writeUInt32BE(text.length, 0);
  message.set(text, 4);
  message.set(payload, 4 + text.length);
  return message;
}

/** Throws SyntaxError for bytes that no `encodeEvent` made. */
export function decodeEvent(message: Uint8Array): AsyncEvent {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const headerEnd = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32BE(0);
  if (headerEnd > bytes.length) throw new SyntaxError("an event's header is cut off");
  const header: JsonValue = JSON.parse(bytes.toString("utf8", 4, headerEnd));
  if (!isHeader(header)) throw new SyntaxError("an event's header lacks members");
  return { header, payload: bytes.subarray(headerEnd) };
}

function isHeader(value: unknown): value is EventHeader {
  if (typeof value !== "object" || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  const texts = ["accountId", "region", "functionName", "requestId", "traceId"];
  const optional = ["qualifier", "clientContext"];
  return (
    texts.every((name) => typeof members.get(name) === "string") &&
    optional.every((name) => !members.has(name) || typeof members.get(name) === "string") &&
    typeof members.get("acceptedAt") === "number" &&
    typeof members.get("failures") === "number"
  );
}
