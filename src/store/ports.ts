/**
 * The five ports that all durable state goes through. Every promise here can be kept by a single SQLite file and by NATS
 * JetStream alike (docs/store.md says how each maps); nothing that only one file could keep is offered. In particular
 * there are no transactions over several keys.
 *
 * Durability: a promise that resolved is on disk. Writes are committed in groups; the caller awaits its group. A read sees
 * every write that this store acknowledged before the read began; writes of other nodes may be seen a moment later, and
 * compare-and-set is always decided on the newest value.
 *
 * Errors: a bad argument (too long, not well-formed, too large) is a RangeError before anything is sent. Every operation may
 * reject with StoreUnavailable; a write rejected so may or may not have happened, as a whole.
 */
import type { JsonValue } from "../base/index.ts";

/** The store could not do it now: trying again later may succeed. A write may or may not have happened. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  readonly reason: StoreUnavailableReason;

  constructor(reason: StoreUnavailableReason, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/** `disk-full` and `io-error` come from the disk, `overloaded` from a named bound, `closed` from the store's end. */
export type StoreUnavailableReason = "disk-full" | "io-error" | "overloaded" | "closed";

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
  /**
   * The value disappears this many milliseconds after the write: reads stop seeing it then, watchers hear of the deletion
   * soon after.
   */
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
  /**
   * The current entries under `prefix`, then `"current"`, then later changes by growing revision, until `signal` aborts.
   * Of several changes of one key that the watcher was too slow to take, only the last is promised; a deletion of a key
   * that the watcher never saw may be reported.
   */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<RecordChange | "current">;
}

/* ---------------------------------------------------------------- Blobs */

/** Immutable content, named by the lower-case hex SHA-256 of its bytes. */
export interface Blobs {
  /** Streams `content` to disk. Resolves when it is durable. With `maxBytes`, throws BlobTooLarge and keeps nothing. */
  put(content: AsyncIterable<Uint8Array> | Uint8Array, options?: { readonly maxBytes?: number }): Promise<BlobInfo>;
  /** Streams the content (or the byte range `[start, end)`). Undefined when there is no such blob. */
  read(
    sha256: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
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

/**
 * What the holder of a delivery may do with it. Each resolves false, and does nothing, once the delivery is settled, its
 * visibility time-out has passed or its message is gone.
 */
export interface Settlement {
  /** Done: never delivered again. */
  ack(): Promise<boolean>;
  /** Not done: delivered again after `delayMs` (default 0), with `body` in place of its own when one is given. */
  nack(options?: { readonly delayMs?: number; readonly body?: Uint8Array }): Promise<boolean>;
  /** Keeps the message hidden for another `visibilityMs` from now. */
  extend(visibilityMs: number): Promise<boolean>;
}

/** A delivered message. It is hidden from other receivers until its visibility time-out, an ack or a nack. */
export interface Delivery extends Settlement {
  readonly id: string;
  readonly body: Uint8Array;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Epoch milliseconds of the send. */
  readonly sentAt: number;
  /** Names this delivery: `settlement` finds it again from another node or after a restart. Guessable, so not a secret. */
  readonly receipt: string;
}

/**
 * Durable, at-least-once queues by name (a name is as long as a record's key at most); a queue exists from its first send.
 * Without an order key the order is that of the sends as a rule, not as a promise.
 */
export interface Queues {
  /** Resolves with the message's id when it is durable; for a dropped duplicate with the id of the first one. */
  send(queue: string, body: Uint8Array, options?: SendOptions): Promise<string>;
  /** Up to `max` messages that are due; waits up to `waitMs` for the first. Empty when none came or `signal` aborted. */
  receive(
    queue: string,
    options: {
      readonly max: number;
      readonly visibilityMs: number;
      readonly waitMs: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<readonly Delivery[]>;
  /** The delivery that `receipt` names; a receipt that names nothing settles as false. */
  settlement(queue: string, receipt: string): Settlement;
  /** Messages that are waiting, delayed, or delivered and not yet settled. Other nodes' latest moves may be missing. */
  depth(queue: string): Promise<{ readonly ready: number; readonly delayed: number; readonly inFlight: number }>;
  /** Names of queues that hold messages and start with `prefix`. */
  list(prefix: string): Promise<readonly string[]>;
  /**
   * Gives every delivery of the queue back at once, as if its visibility time-out had passed; resolves with their number.
   * For the only receiver of a queue, before it begins: whoever received before it is known to be gone.
   */
  takeOver(queue: string): Promise<number>;
  /** Drops every message of the queue. */
  purge(queue: string): Promise<void>;
}

/* ---------------------------------------------------------------- Journals */

export interface JournalEntry {
  /** At least 1; grows with every entry. Entries of one append are consecutive; between appends there may be gaps. */
  readonly sequence: number;
  /** Epoch milliseconds given by the writer; positions by time use it. It may go backwards from one entry to the next. */
  readonly timeMs: number;
  readonly body: Uint8Array;
}

/**
 * Append-only sequences by name (as long as a record's key at most); a journal exists from its first append. After a
 * delete the next append begins a new journal, whose sequences may start again.
 */
export interface Journals {
  /** Appends all entries, in order, or none. Resolves with the sequence of the first when they are durable. */
  append(journal: string, entries: readonly { readonly timeMs: number; readonly body: Uint8Array }[]): Promise<number>;
  /** Entries from `from` (a sequence, inclusive), in order, at most `limit`. Trimmed entries are skipped. */
  read(journal: string, options: { readonly from: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
  /** The last `limit` entries before the sequence `before` (exclusive; default: the end), in ascending order. */
  readBackwards(
    journal: string,
    options: { readonly before?: number; readonly limit: number },
  ): Promise<readonly JournalEntry[]>;
  /**
   * The first sequence whose time is at or after `timeMs`; one past the last when there is none. Where entries were
   * trimmed that had later times than those kept, it may be an earlier sequence, never a later one.
   */
  seek(journal: string, timeMs: number): Promise<number>;
  /** Entries from `from`, then every later one as it is appended, until `signal` aborts or the journal is deleted. */
  follow(
    journal: string,
    options: { readonly from: number; readonly signal: AbortSignal },
  ): AsyncIterable<JournalEntry>;
  /** First and next sequence, stored bytes, and first and last time. Undefined when the journal does not exist. */
  stat(journal: string): Promise<JournalInfo | undefined>;
  /** Forgets entries before the sequence `before`. */
  trim(journal: string, before: number): Promise<void>;
  delete(journal: string): Promise<void>;
}

export interface JournalInfo {
  /** The first entry kept; equal to `nextSequence` when all were trimmed. */
  readonly firstSequence: number;
  /** Greater than every sequence so far. */
  readonly nextSequence: number;
  /** Bytes of the bodies kept. */
  readonly sizeBytes: number;
  /** Time of the first entry kept; the last entry's time when all were trimmed. */
  readonly firstTimeMs: number;
  /** Time of the last entry appended. */
  readonly lastTimeMs: number;
}

/* ---------------------------------------------------------------- Bus */

/** Request/reply and publish/subscribe between nodes. Not durable: who is not listening does not hear. */
export interface Bus {
  publish(subject: string, body: Uint8Array): Promise<void>;
  subscribe(subject: string, deliver: (body: Uint8Array) => void): Promise<AsyncDisposable>;
  /**
   * Throws NoResponder when nobody serves `subject`, ResponderFailed when the server of it threw, and RequestTimedOut
   * after `timeoutMs` (the request may still be carried out).
   */
  request(subject: string, body: Uint8Array, options: { readonly timeoutMs: number }): Promise<Uint8Array>;
  /** Serves requests; several servers of one subject share its requests. */
  serve(subject: string, respond: (body: Uint8Array) => Promise<Uint8Array>): Promise<AsyncDisposable>;
}

export class NoResponder extends Error {
  override readonly name = "NoResponder";
}

export class ResponderFailed extends Error {
  override readonly name = "ResponderFailed";
}

export class RequestTimedOut extends Error {
  override readonly name = "RequestTimedOut";
}

/* ---------------------------------------------------------------- Store */

/** All five, from one adapter. Disposing waits for writes under way, ends every watch, wait and follow, and lets go. */
export interface Store extends AsyncDisposable {
  readonly records: Records;
  readonly blobs: Blobs;
  readonly queues: Queues;
  readonly journals: Journals;
  readonly bus: Bus;
}
