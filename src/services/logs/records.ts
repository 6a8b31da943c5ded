/**
 * Everything CloudWatch Logs keeps: records of groups and streams, one journal per stream, the bytes of an event, and
 * their keys. The only file that knows how a name becomes a key.
 *
 * Journal entries carry as their time the highest event timestamp of the stream so far (its high-water mark), which
 * grows with the sequence although events may come late, so `seek` is exact: everything before it is older. How much
 * later than a newer event any event of the stream came is the stream's `disorderMs`: everything at or past
 * `seek(end + disorderMs)` is `end` or newer.
 */
import { createHash } from "node:crypto";
import {
  boolean,
  integer,
  mapOf,
  object,
  oneOf,
  optional,
  RecordTable,
  type ShapeType,
  type Store,
  text,
} from "../../store/index.ts";
import type { Place } from "../../wire/index.ts";

const groupShape = object({
  name: text,
  /** Names the group's streams and journals; a group made again under the same name has another. */
  id: text,
  createdAt: integer,
  groupClass: oneOf("STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"),
  retentionDays: optional(integer),
  kmsKeyId: optional(text),
  deletionProtection: boolean,
  tags: mapOf(text),
});
export type LogGroupRecord = ShapeType<typeof groupShape>;

const streamShape = object({
  name: text,
  id: text,
  createdAt: integer,
  disorderMs: integer,
});
export type LogStreamRecord = ShapeType<typeof streamShape>;

export const groupTable = (store: Store): RecordTable<LogGroupRecord> =>
  new RecordTable(store.records, "logs/groups", groupShape);
export const streamTable = (store: Store): RecordTable<LogStreamRecord> =>
  new RecordTable(store.records, "logs/streams", streamShape);

/** The path of a group in its table; with a prefix of a name, the prefix of the paths. */
export const groupPath = (place: Place, name: string): string => `${place.accountId}/${place.region}/${name}`;

/** Bytes of a stream name that stand in its key as they are. */
const STREAM_KEY_BYTES_MAX = 800;

/** The path of a stream in its table, in the order of names. A name too long for a key ends in its hash. */
export function streamPath(groupId: string, name: string): string {
  if (Buffer.byteLength(name) <= STREAM_KEY_BYTES_MAX) return `${groupId}/${name}`;
  const hash = createHash("sha256").update(name).digest("hex");
  return `${groupId}/${Buffer.from(name).subarray(0, STREAM_KEY_BYTES_MAX).toString("utf8")}${hash}`;
}

export const journalName = (groupId: string, streamId: string): string => `logs/${groupId}/${streamId}`;

/** Where news of a group's new events is published: the stream's id and the range of sequences. */
export const ingestionSubject = (groupId: string): string => `logs.ingested.${groupId}`;

/** One stored event. */
export interface LogEvent {
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

const EVENT_HEADER_BYTES = 12;
const TIME_BYTES = 6;

/** Timestamp and ingestion time as 48-bit numbers, then the message in UTF-8. */
export function encodeEvent(event: LogEvent): Uint8Array {
  const body = Buffer.allocUnsafe(EVENT_HEADER_BYTES + Buffer.byteLength(event.message));
  body.writeUIntBE(event.timestamp, 0, TIME_BYTES);
  body.writeUIntBE(event.ingestionTime, TIME_BYTES, TIME_BYTES);
  body.write(event.message, EVENT_HEADER_BYTES);
  return body;
}

export function decodeEvent(bytes: Uint8Array): LogEvent {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    timestamp: body.readUIntBE(0, TIME_BYTES),
    ingestionTime: body.readUIntBE(TIME_BYTES, TIME_BYTES),
    message: body.toString("utf8", EVENT_HEADER_BYTES),
  };
}
