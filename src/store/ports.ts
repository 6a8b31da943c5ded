/**
 * The five ports that all durable state goes through. Every promise here can be kept by a single SQLite file and by NATS
 * JetStream alike (ARCHITECTURE.md says how each maps); nothing that only one file could keep is offered. In particular
 * there are no transactions over several keys.
 *
 * Durability: a promise that resolved is on disk. Writes are committed in groups; the caller awaits its group.
 */
import type { JsonValue } from "../base/index.ts";

/* ---------------------------------------------------------------- Records */

/** One versioned value. `revision` grows with every write to the store, so it also orders changes of one key. */
export interface RecordEntry {
  readonly key: string;
  readonly value: JsonValue;
  readonly revision: number;
}

/** A change seen by `watch`: a new value, or a deletion (also by expiry). */
export type RecordChange =
  | { readonly kind: "put"; readonly entry: RecordEntry }
  | { readonly kind: "delete"; readonly key: string; readonly revision: number };

export interface PutOptions {
  /** Write only when the key's revision is this one (compare-and-set), or when it has no value (`"absent"`). */
  readonly ifRevision?: number | "absent";
  /** The value disappears this many milliseconds after the write. */
  readonly ttlMs?: number;
}

/** Thrown by a compare-and-set that lost: the key is at another revision than the writer believed. */
export class RevisionConflict extends Error {
  override readonly name = "RevisionConflict";
  readonly key: string;

  constructor(key: string) {
    super(`record ${key} was changed by another writer`);
    this.key = key;
  }
}

/** Versioned key → JSON value. Keys are UTF-8 strings of `/`-joined segments, at most 1,024 bytes. */
export interface Records {
  get(key: string): Promise<RecordEntry | undefined>;
  /** Returns the new revision. Throws RevisionConflict. */
  put(key: string, value: JsonValue, options?: PutOptions): Promise<number>;
  /** True when there was something to delete. Throws RevisionConflict. */
  delete(key: string, options?: { readonly ifRevision?: number }): Promise<boolean>;
  /** Entries whose key starts with `prefix`, in key order (UTF-8 bytes), after the key `after`, at most `limit`. */
  list(prefix: string, options: { readonly after?: string; readonly limit: number }): Promise<readonly RecordEntry[]>;
  /** The current entries under `prefix`, then `"current"`, then every later change, in order, until `signal` aborts. */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<RecordChange | "current">;
}

/* ---------------------------------------------------------------- Blobs */

/** Immutable content, named by the lower-case hex SHA-256 of its bytes. */
export interface Blobs {
  /** Streams `content` to disk. Resolves when it is durable. With `maxBytes`, throws BlobTooLarge and keeps nothing. */
  put(content: AsyncIterable<Uint8Array> | Uint8Array, options?: { readonly maxBytes?: number }): Promise<BlobInfo>;
  /** Streams the content (or the byte range `[start, end)`). Undefined when there is no such blob. */
  read(sha256: string, range?: { readonly start: number; readonly end: number }): Promise<AsyncIterable<Uint8Array> | undefined>;
  stat(sha256: string): Promise<BlobInfo | undefined>;
  delete(sha256: string): Promise<void>;
}

export interface BlobInfo {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export class BlobTooLarge extends Error {
  override readonly name = "BlobTooLarge";
}

/* ---------------------------------------------------------------- Queues */

export interface SendOptions {
  /** Not delivered before this many milliseconds have passed. */
  readonly delayMs?: number;
  /** Messages with the same key are delivered in order, one at a time. */
  readonly orderKey?: string;
  /** A second send with the same id within the queue's memory (at least 5 minutes) is accepted and dropped. */
  readonly deduplicationId?: string;
}

/** A delivered message. It is hidden from other receivers until its visibility time-out, an ack or a nack. */
export interface Delivery {
  readonly id: string;
  readonly body: Uint8Array;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Epoch milliseconds of the send. */
  readonly sentAt: number;
  /** Done: never delivered again. Resolves false when the visibility time-out had already passed. */
  ack(): Promise<boolean>;
  /** Not done: delivered again after `delayMs` (default 0). */
  nack(options?: { readonly delayMs?: number }): Promise<boolean>;
  /** Keeps the message hidden for another `visibilityMs` from now. */
  extend(visibilityMs: number): Promise<boolean>;
}

/** Durable, at-least-once queues by name; a queue exists from its first send. */
export interface Queues {
  /** Resolves with the message id when the message is durable. */
  send(queue: string, body: Uint8Array, options?: SendOptions): Promise<string>;
  /** Up to `max` messages that are due; waits up to `waitMs` for the first. Empty when none came or `signal` aborted. */
  receive(
    queue: string,
    options: { readonly max: number; readonly visibilityMs: number; readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly Delivery[]>;
  /** Messages that are waiting, delayed, or delivered and not yet settled. */
  depth(queue: string): Promise<{ readonly ready: number; readonly delayed: number; readonly inFlight: number }>;
  /** Names of queues that hold messages and start with `prefix`. */
  list(prefix: string): Promise<readonly string[]>;
  /** Drops every message of the queue. */
  purge(queue: string): Promise<void>;
}

/* ---------------------------------------------------------------- Journals */

export interface JournalEntry {
  /** Grows by 1 with every entry of the journal; the first is 1. */
  readonly sequence: number;
  /** Epoch milliseconds given by the writer; positions by time use it. */
  readonly timeMs: number;
  readonly body: Uint8Array;
}

/** Append-only sequences by name; a journal exists from its first append. */
export interface Journals {
  /** Appends all entries, in order, or none. Resolves with the sequence of the first when they are durable. */
  append(journal: string, entries: readonly { readonly timeMs: number; readonly body: Uint8Array }[]): Promise<number>;
  /** Entries from `from` (a sequence, inclusive), in order, at most `limit`. Trimmed entries are skipped. */
  read(journal: string, options: { readonly from: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
  /** The last `limit` entries before the sequence `before` (exclusive; default: the end), in ascending order. */
  readBackwards(journal: string, options: { readonly before?: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
  /** The first sequence whose time is at or after `timeMs`; one past the last when there is none. */
  seek(journal: string, timeMs: number): Promise<number>;
  /** Entries from `from`, then every later one as it is appended, until `signal` aborts. */
  follow(journal: string, options: { readonly from: number; readonly signal: AbortSignal }): AsyncIterable<JournalEntry>;
  /** First and next sequence, stored bytes, and first and last time. Undefined when the journal does not exist. */
  stat(journal: string): Promise<JournalInfo | undefined>;
  /** Forgets entries before the sequence `before`. */
  trim(journal: string, before: number): Promise<void>;
  delete(journal: string): Promise<void>;
}

export interface JournalInfo {
  readonly firstSequence: number;
  readonly nextSequence: number;
  readonly sizeBytes: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
}

/* ---------------------------------------------------------------- Bus */

/** Request/reply and publish/subscribe between nodes. Not durable: who is not listening does not hear. */
export interface Bus {
  publish(subject: string, body: Uint8Array): Promise<void>;
  subscribe(subject: string, deliver: (body: Uint8Array) => void): Promise<AsyncDisposable>;
  /** Throws NoResponder when nobody serves `subject`, and a time-out error after `timeoutMs`. */
  request(subject: string, body: Uint8Array, options: { readonly timeoutMs: number }): Promise<Uint8Array>;
  /** Serves requests; several servers of one subject share its requests. */
  serve(subject: string, respond: (body: Uint8Array) => Promise<Uint8Array>): Promise<AsyncDisposable>;
}

export class NoResponder extends Error {
  override readonly name = "NoResponder";
}

/* ---------------------------------------------------------------- Store */

export interface Store extends AsyncDisposable {
  readonly records: Records;
  readonly blobs: Blobs;
  readonly queues: Queues;
  readonly journals: Journals;
  readonly bus: Bus;
}
