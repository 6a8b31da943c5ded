/**
 * The schema's history as data: each step takes the file from the version before to its own number, kept in SQLite's
 * user_version. A released step is never edited; a change is a new step.
 */

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    // Revisions come from a counter of their own, so that the revision of a deleted key is never given out again.
    version: 1,
    sql: `
      CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO counters VALUES ('revision', 0);
      CREATE TABLE records (
        key TEXT PRIMARY KEY,
        json TEXT NOT NULL,
        revision INTEGER NOT NULL,
        expires_at INTEGER
      ) STRICT;
      CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;
    `,
  },
  {
    // Bodies live apart, so that a delivery rewrites a few bytes and not the message. A message that waits behind another
    // one of its order key is blocked, and the index of what may be delivered does not hold it.
    version: 2,
    sql: `
      CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        in_flight INTEGER NOT NULL,
        blocked INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        sent_at INTEGER NOT NULL,
        order_key TEXT
      ) STRICT;
      CREATE INDEX messages_deliverable ON messages (queue, due_at, id) WHERE blocked = 0;
      CREATE INDEX messages_by_queue ON messages (queue, in_flight, due_at);
      CREATE INDEX messages_by_order_key ON messages (queue, order_key, id) WHERE order_key IS NOT NULL;
      CREATE TABLE message_bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
      CREATE TABLE deduplication (
        queue TEXT NOT NULL,
        deduplication_id TEXT NOT NULL,
        message_id INTEGER NOT NULL,
        forget_at INTEGER NOT NULL,
        PRIMARY KEY (queue, deduplication_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX deduplication_by_age ON deduplication (forget_at);
    `,
  },
  {
    // peak_ms is the greatest time so far and end_bytes the bytes so far, so that seeking is a binary search and a trim
    // knows the new size without reading what it drops. name is NULL for a deleted journal until its entries are swept.
    version: 3,
    sql: `
      CREATE TABLE journals (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT UNIQUE,
        swept INTEGER NOT NULL,
        first INTEGER NOT NULL,
        next INTEGER NOT NULL,
        trimmed_bytes INTEGER NOT NULL,
        end_bytes INTEGER NOT NULL,
        peak_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX journals_to_sweep ON journals (id) WHERE name IS NULL OR swept < first;
      CREATE TABLE journal_entries (
        journal INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        peak_ms INTEGER NOT NULL,
        end_bytes INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (journal, sequence)
      ) STRICT, WITHOUT ROWID;
    `,
  },
];
