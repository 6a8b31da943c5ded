/**
 * The language between the event loop and the writer thread: which operations there are, what each takes and gives, and
 * which of them change something. Both ends are ours, so messages are trusted, not parsed.
 */

/** Operations that only look. They see what is committed and never wait for a commit of their own. */
export interface ReadOperations {
  "records.get": { input: { key: string; now: number }; output: RecordRow | undefined };
  "records.page": {
    input: { prefix: string; after: string | undefined; limit: number; now: number };
    output: { entries: RecordRow[]; more: boolean };
  };
  "queues.depth": {
    input: { queue: string; now: number };
    output: { ready: number; delayed: number; inFlight: number };
  };
  "queues.list": { input: { prefix: string }; output: string[] };
  "journals.read": {
    input: { journal: string; from: number; limit: number };
    output: { entries: JournalRow[]; more: boolean };
  };
  "journals.readBackwards": {
    input: { journal: string; before: number | undefined; limit: number };
    output: { entries: JournalRow[]; more: boolean };
  };
  "journals.seek": { input: { journal: string; timeMs: number }; output: number };
  "journals.stat": { input: { journal: string }; output: JournalStat | undefined };
}

/** Operations that change something. Each is all or nothing, and is answered after its group's commit. */
export interface WriteOperations {
  "records.put": {
    input: {
      key: string;
      json: string;
      ifRevision: number | "absent" | undefined;
      expiresAt: number | undefined;
      now: number;
    };
    /** The new revision, or undefined for a lost compare-and-set. */
    output: number | undefined;
  };
  "records.delete": {
    input: { key: string; ifRevision: number | undefined; now: number };
    output: { kind: "deleted"; revision: number } | { kind: "absent" } | { kind: "conflict" };
  };
  "records.expire": {
    input: { now: number };
    output: { deleted: { key: string; revision: number }[]; nextExpiryAt: number | undefined };
  };
  "queues.send": {
    input: {
      queue: string;
      body: Uint8Array;
      now: number;
      dueAt: number;
      orderKey: string | undefined;
      deduplicationId: string | undefined;
    };
    output: { id: number; duplicate: boolean };
  };
  "queues.receive": {
    input: { queue: string; max: number; hiddenUntil: number; now: number };
    output: { messages: MessageRow[]; nextDueAt: number | undefined };
  };
  "queues.settle": {
    input: { queue: string; id: number; attempt: number; now: number; how: SettleHow };
    /** `deliverableAt`: when a message became free by it, the settled one or the next of its order key. */
    output: { settled: boolean; deliverableAt: number | undefined };
  };
  "queues.takeOver": { input: { queue: string; now: number }; output: number };
  "queues.purge": { input: { queue: string }; output: undefined };
  "journals.append": {
    /** The bodies in one piece, since each view that crosses to the thread would take its whole buffer along. */
    input: { journal: string; timesMs: number[]; sizes: number[]; packed: Uint8Array };
    output: number;
  };
  "journals.trim": { input: { journal: string; before: number }; output: undefined };
  "journals.delete": { input: { journal: string }; output: undefined };
}

export type Operations = ReadOperations & WriteOperations;
export type OperationName = keyof Operations;

/** `release` takes a delivery back as if it had never been made. */
export type SettleHow =
  | { kind: "ack" }
  | { kind: "nack"; dueAt: number; body: Uint8Array | undefined }
  | { kind: "extend"; hiddenUntil: number }
  | { kind: "release" };

export interface RecordRow {
  key: string;
  json: string;
  revision: number;
}

export interface MessageRow {
  id: number;
  body: Uint8Array;
  attempt: number;
  sentAt: number;
}

export interface JournalRow {
  sequence: number;
  timeMs: number;
  body: Uint8Array;
}

export interface JournalStat {
  firstSequence: number;
  nextSequence: number;
  sizeBytes: number;
  firstTimeMs: number;
  lastTimeMs: number;
}

/** One request as it travels. `id` is the client's and comes back with the outcome. */
export type Request = { [K in OperationName]: { id: number; op: K; input: Operations[K]["input"] } }[OperationName];

/** What became of a request. */
export type Outcome = { id: number; ok: true; output: unknown } | { id: number; ok: false; failure: DiskFailure };

/** A failure of the disk or of SQLite, told in plain data so that it crosses threads whole. */
export interface DiskFailure {
  reason: "disk-full" | "io-error";
  message: string;
}

export type ToWriter = { kind: "requests"; requests: Request[] } | { kind: "close" };

export type FromWriter =
  | { kind: "ready"; nextExpiryAt: number | undefined }
  | { kind: "refused"; refusal: OpenRefusal }
  | { kind: "outcomes"; outcomes: Outcome[] }
  | { kind: "closed" };

/** Why a data folder could not be opened. */
export type OpenRefusal =
  | { kind: "locked" }
  | { kind: "newer-schema"; found: number; known: number }
  | { kind: "not-ours" }
  | { kind: "failed"; failure: DiskFailure };

/** Test programs only: the named point, and its how-many-th passing, at which the process kills itself. */
export interface CrashAt {
  point: string;
  passing: number;
}
