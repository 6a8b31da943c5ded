/** All statements of one open database, put together. */
import type { DatabaseSync } from "node:sqlite";
import type { Tables } from "./group-commit.ts";
import { journalRows } from "./journal-rows.ts";
import { queueRows } from "./queue-rows.ts";
import { recordRows } from "./record-rows.ts";

export interface OpenTables extends Tables {
  /** When the next record expires. */
  nextExpiryAt(): number | undefined;
}

export function openTables(database: DatabaseSync): OpenTables {
  const records = recordRows(database);
  const queues = queueRows(database);
  const journals = journalRows(database);
  return {
    handlers: { ...records.handlers, ...queues.handlers, ...journals.handlers },
    beforeCommit: records.saveRevision,
    afterRollback: records.forgetRevision,
    sweep: journals.sweep,
    nextExpiryAt: records.nextExpiryAt,
  };
}
