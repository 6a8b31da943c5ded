/**
 * AWS event streams (application/vnd.amazon.eventstream): a union whose members are frames. A failure after the
 * response has begun becomes an `exception` frame when the stream's union models it, else an `error` frame, so the
 * client throws instead of seeing the stream end well.
 */
import { EventStreamCodec, Int64 } from "@smithy/core/event-streams";
import type { Message, MessageHeaders, MessageHeaderValue } from "@smithy/types";
import { isStruct, type Member, type Shape, type StructShape } from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";
import type { ErrorReply } from "./protocol.ts";

export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

/** How the bodies of events look in the surrounding protocol. */
export interface EventBodyCodec {
  readonly eventContentType: string;
  encodeEvent(shape: Shape, value: unknown): Uint8Array | string;
  /** @throws ServiceError */
  decodeEvent(shape: Shape, body: Buffer): unknown;
}

const codec = (): EventStreamCodec =>
  new EventStreamCodec(
    (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8")),
    (text) => Buffer.from(text, "utf8"),
  );

/** Frames of `events`, an async iterable of one-member objects. `initial` is the initial-response of RPC protocols. */
export async function* encodeEventStream(
  union: StructShape,
  events: unknown,
  bodies: EventBodyCodec,
  describe: (thrown: unknown) => ErrorReply,
  initial?: Uint8Array | string,
): AsyncGenerator<Uint8Array> {
  const encoder = codec();
  if (initial !== undefined) yield encoder.encode(frame("event", "initial-response", bodies.eventContentType, initial));
  try {
    for await (const event of (events ?? []) as AsyncIterable<object>) {
      yield encoder.encode(encodeEvent(union, event, bodies));
    }
  } catch (error) {
    yield encoder.encode(encodeFailure(union, describe(error), bodies));
  }
}

function frame(messageType: string, name: string, contentType: string, body: Uint8Array | string): Message {
  return {
    headers: {
      ":message-type": text(messageType),
      [messageType === "exception" ? ":exception-type" : ":event-type"]: text(name),
      ":content-type": text(contentType),
    },
    body: typeof body === "string" ? Buffer.from(body, "utf8") : body,
  };
}

function text(value: string): MessageHeaderValue {
  return { type: "string", value };
}

function encodeEvent(union: StructShape, event: object, bodies: EventBodyCodec): Message {
  const [name, value] = Object.entries(event).find(([, item]) => item !== undefined) ?? [];
  const member = union.members.find((candidate) => candidate.name === name);
  if (!member || name === undefined) throw new Error(`event ${String(name)} is not part of ${union.name}`);
  const { shape } = member;
  if (!isStruct(shape)) return frame("event", name, bodies.eventContentType, bodies.encodeEvent(shape, value));
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  const payload = shape.members.find((field) => field.traits.eventPayload);
  const message = payload
    ? frame("event", name, payloadType(payload, bodies), encodePayload(payload, fields[payload.name], bodies))
    : frame("event", name, bodies.eventContentType, bodies.encodeEvent(withoutHeaders(shape), fields));
  return { headers: { ...message.headers, ...encodeEventHeaders(shape, fields) }, body: message.body };
}

function withoutHeaders(shape: StructShape): StructShape {
  if (!shape.members.some((field) => field.traits.eventHeader)) return shape;
  const { kind, name, namespace, traits } = shape;
  return { kind, name, namespace, traits, members: shape.members.filter((field) => !field.traits.eventHeader) };
}

function payloadType(member: Member, bodies: EventBodyCodec): string {
  if (member.shape.kind === "blob") return "application/octet-stream";
  return member.shape.kind === "string" ? "text/plain" : bodies.eventContentType;
}

function encodePayload(member: Member, value: unknown, bodies: EventBodyCodec): Uint8Array | string {
  if (value === undefined || value === null) return "";
  if (member.shape.kind === "blob") return value instanceof Uint8Array ? value : String(value);
  return member.shape.kind === "string" ? String(value) : bodies.encodeEvent(member.shape, value);
}

function encodeEventHeaders(shape: StructShape, fields: Readonly<Record<string, unknown>>): MessageHeaders {
  const headers: MessageHeaders = {};
  for (const field of shape.members) {
    const value = fields[field.name];
    if (field.traits.eventHeader && value !== undefined && value !== null) headers[field.name] = encodeHeader(value);
  }
  return headers;
}

function encodeHeader(value: unknown): MessageHeaderValue {
  if (typeof value === "boolean") return { type: "boolean", value };
  if (value instanceof Date) return { type: "timestamp", value };
  if (value instanceof Uint8Array) return { type: "binary", value };
  if (typeof value === "number") {
    const fits = Number.isInteger(value) && Math.abs(value) < 2 ** 31;
    return fits ? { type: "integer", value } : { type: "long", value: Int64.fromNumber(value) };
  }
  return text(String(value));
}

function encodeFailure(union: StructShape, error: ErrorReply, bodies: EventBodyCodec): Message {
  const member = union.members.find((candidate) => candidate.shape.name === error.name);
  if (member)
    return frame("exception", member.name, bodies.eventContentType, bodies.encodeEvent(member.shape, error.members));
  return {
    headers: { ":message-type": text("error"), ":error-code": text(error.name), ":error-message": text(error.message) },
    body: new Uint8Array(0),
  };
}

/** Events of a request. What is wrong with a frame appears when the handler reads that far. */
export async function* decodeEventStream(
  union: StructShape,
  body: AsyncIterable<Uint8Array>,
  bodies: EventBodyCodec,
): AsyncGenerator<object> {
  const decoder = codec();
  for await (const bytes of frames(body)) {
    const event = decodeMessage(union, decodeFrame(decoder, bytes), bodies);
    if (event) yield event;
  }
}

function decodeFrame(decoder: EventStreamCodec, bytes: Uint8Array): Message {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw serializationError("A frame of the event stream is malformed", error);
  }
}

/** Cuts a stream into frames by the length each begins with, which is checked before anything is kept for it. */
async function* frames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let heldLength = 0;
  let wanted = LENGTH_BYTES;
  for await (const chunk of body) {
    parts.push(chunk);
    heldLength += chunk.length;
    if (heldLength < wanted) continue;
    let held = Buffer.concat(parts, heldLength);
    while (held.length >= LENGTH_BYTES) {
      wanted = frameLength(held);
      if (held.length < wanted) break;
      yield held.subarray(0, wanted);
      held = held.subarray(wanted);
      wanted = LENGTH_BYTES;
    }
    parts = [held];
    heldLength = held.length;
  }
  if (heldLength > 0) throw serializationError("The event stream ends inside a frame");
}

function frameLength(held: Buffer): number {
  const length = held.readUInt32BE(0);
  if (length >= FRAME_BYTES_MIN && length <= FRAME_BYTES_MAX) return length;
  throw serializationError("A frame of the event stream has an impossible length");
}

/** A frame is two lengths, their checksum, headers, payload and a checksum; AWS allows 24 MiB for all of it. */
const LENGTH_BYTES = 4;
const FRAME_BYTES_MIN = 16;
const FRAME_BYTES_MAX = 24 * 1024 * 1024;

function decodeMessage(union: StructShape, message: Message, bodies: EventBodyCodec): object | undefined {
  const name = message.headers[":event-type"]?.value;
  const member = union.members.find((candidate) => candidate.name === name);
  if (!member || !isStruct(member.shape)) return undefined;
  const payload = member.shape.members.find((field) => field.traits.eventPayload);
  const body = Buffer.from(message.body);
  const value: Record<string, unknown> = {};
  if (!payload) Object.assign(value, bodies.decodeEvent(withoutHeaders(member.shape), body));
  else if (payload.shape.kind === "blob") value[payload.name] = body;
  else
    value[payload.name] =
      payload.shape.kind === "string" ? body.toString("utf8") : bodies.decodeEvent(payload.shape, body);
  for (const field of member.shape.members) {
    const header = field.traits.eventHeader ? message.headers[field.name] : undefined;
    if (header) value[field.name] = header.type === "long" ? Number(header.value.valueOf()) : header.value;
  }
  return { [member.name]: value };
}
