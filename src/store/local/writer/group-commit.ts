/**
 * The writer's heart: takes all requests that arrived while the last group was on its way to disk, answers the reads from
 * what is committed, and puts the writes into one transaction. Knows nothing of threads or tables.
 *
 * Invariants: a write is answered only after its commit returned; a group is committed as a whole or not at all; after a
 * failed sync nothing is written until the file was opened anew and its log folded in, because the kernel may have dropped
 * the pages that it could not write (https://www.sqlite.org/atomiccommit.html, https://lwn.net/Articles/752063/).
 */
import type { DatabaseSync } from "node:sqlite";
import type { Operations, Outcome, ReadOperations, Request } from "../operations.ts";
import type { CrashPoint } from "./crash-point.ts";
import { diskFailure } from "./database.ts";

export type Handlers<T> = {
  [K in keyof T]: T[K] extends { input: infer I; output: infer O } ? (input: I) => O : never;
};

/** The statements of one open database. Made anew whenever the file is. */
export interface Tables {
  readonly handlers: Handlers<Operations>;
  /** Called inside the transaction, before its commit: writes down what the group gathered in memory. */
  beforeCommit(): void;
  /** Called after a rollback: forgets what the group gathered in memory. */
  afterRollback(): void;
  /** Frees a bounded amount of what was trimmed or deleted; false when there was nothing to free. */
  sweep(): boolean;
}

export interface GroupCommitOptions {
  readonly open: () => DatabaseSync;
  readonly prepare: (database: DatabaseSync) => Tables;
  readonly crashPoint: CrashPoint;
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #database: DatabaseSync | undefined;
  #tables: Tables | undefined;

  /** Opens the database at once. Throws what `open` throws. */
  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#open(() => undefined);
  }

  /** Runs one group and calls `reply` for the reads and then, after the commit, for the writes. */
  run(requests: readonly Request[], reply: (outcomes: Outcome[]) => void): void {
    const { crashPoint } = this.#options;
    crashPoint("group-received");
    const reads = requests.filter(isRead);
    if (reads.length > 0) reply(this.#answerReads(reads));
    crashPoint("reads-answered");
    const writes = requests.filter((request) => !isRead(request));
    if (writes.length === 0) return;
    reply(this.#commit(writes));
    crashPoint("after-reply");
  }

  /** Frees a bounded amount of garbage in a transaction of its own; false when there is none, or the disk fails. */
  sweep(): boolean {
    try {
      return this.#transaction((tables) => tables.sweep(), "before-sweep-commit");
    } catch {
      // Nobody waits for a sweep: the next write meets the same disk and reports it.
      return false;
    }
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#tables = undefined;
  }

  #answerReads(reads: readonly Request[]): Outcome[] {
    return reads.map((request) => {
      try {
        const tables = this.#tables ?? this.#reopen();
        return { id: request.id, ok: true, output: apply(tables.handlers, request) };
      } catch (error) {
        return { id: request.id, ok: false, failure: diskFailure(error) };
      }
    });
  }

  #commit(writes: readonly Request[]): Outcome[] {
    try {
      return this.#transaction((tables) => {
        const outcomes = writes.map((request): Outcome => {
          const output = apply(tables.handlers, request);
          this.#options.crashPoint("request-applied");
          return { id: request.id, ok: true, output };
        });
        tables.beforeCommit();
        return outcomes;
      }, "before-commit");
    } catch (error) {
      const failure = diskFailure(error);
      return writes.map(({ id }) => ({ id, ok: false, failure }));
    }
  }

  #transaction<T>(work: (tables: Tables) => T, beforeCommit: "before-commit" | "before-sweep-commit"): T {
    const { crashPoint } = this.#options;
    const tables = this.#tables ?? this.#reopen();
    const database = this.#database;
    if (database === undefined) throw new Error("the database is closed");
    try {
      database.exec("BEGIN IMMEDIATE");
      crashPoint("transaction-begun");
      const result = work(tables);
      crashPoint(beforeCommit);
      database.exec("COMMIT");
      crashPoint("after-commit");
      return result;
    } catch (error) {
      throw this.#recover(error);
    }
  }

  /**
   * A full disk leaves the connection sound after a rollback; anything else does not, and it is given up. Returns the
   * error to report: the first cause, with what went wrong on the way out.
   */
  #recover(cause: unknown): unknown {
    if (diskFailure(cause).reason === "disk-full" && this.#database !== undefined) {
      try {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        this.#tables?.afterRollback();
        return cause;
      } catch (error) {
        return this.#giveUp([cause, error]);
      }
    }
    return this.#giveUp([cause]);
  }

  #giveUp(errors: unknown[]): unknown {
    const database = this.#database;
    this.#database = undefined;
    this.#tables = undefined;
    try {
      database?.close();
    } catch (error) {
      errors.push(error);
    }
    return errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join("; "));
  }

  /** After a failure the log may have a hole that only memory hides: everything goes to the file before new commits. */
  #reopen(): Tables {
    return this.#open((database) => database.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  #open(before: (database: DatabaseSync) => void): Tables {
    const database = this.#options.open();
    try {
      before(database);
      this.#tables = this.#options.prepare(database);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return this.#tables;
  }
}

const READS: Record<keyof ReadOperations, true> = {
  "records.get": true,
  "records.page": true,
  "queues.depth": true,
  "queues.list": true,
  "journals.read": true,
  "journals.readBackwards": true,
  "journals.seek": true,
  "journals.stat": true,
};

function isRead({ op }: Request): boolean {
  return Object.hasOwn(READS, op);
}

function apply<K extends keyof Operations>(
  handlers: Handlers<Operations>,
  request: { op: K; input: Operations[K]["input"] },
): unknown {
  const handler: (input: Operations[K]["input"]) => unknown = handlers[request.op];
  return handler(request.input);
}
