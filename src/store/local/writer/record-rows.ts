/** Records in SQL: one row per key, revisions from one counter, expiry by time. */
import type { DatabaseSync } from "node:sqlite";
import type { Operations, RecordRow } from "../operations.ts";
import type { Handlers } from "./group-commit.ts";
import { integer, PAGE_BYTES_MAX, text } from "./row.ts";

/** Expired rows that one request removes; the rest wait for the next. */
const EXPIRE_ROWS_MAX = 1000;

type RecordOperations = Pick<
  Operations,
  "records.get" | "records.page" | "records.put" | "records.delete" | "records.expire"
>;

export interface RecordRows {
  readonly handlers: Handlers<RecordOperations>;
  nextExpiryAt(): number | undefined;
  saveRevision(): void;
  forgetRevision(): void;
}

export function recordRows(database: DatabaseSync): RecordRows {
  const live = "(expires_at IS NULL OR expires_at > ?)";
  const select = database.prepare(`SELECT key, json, revision FROM records WHERE key = ? AND ${live}`);
  const scan = database.prepare(
    `SELECT key, json, revision FROM records WHERE key >= max(?1, ?2) AND key <> ?2 AND ${live} ORDER BY key`,
  );
  const upsert = database.prepare(`
    INSERT INTO records (key, json, revision, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET json = excluded.json, revision = excluded.revision, expires_at = excluded.expires_at
  `);
  const remove = database.prepare("DELETE FROM records WHERE key = ?");
  const expired = database.prepare("SELECT key FROM records WHERE expires_at <= ? ORDER BY expires_at LIMIT ?");
  const soonest = database.prepare("SELECT min(expires_at) AS at FROM records WHERE expires_at IS NOT NULL");
  const readCounter = database.prepare("SELECT value FROM counters WHERE name = 'revision'");
  const writeCounter = database.prepare("UPDATE counters SET value = ? WHERE name = 'revision'");

  let saved = integer(readCounter.get(), "value");
  let revision = saved;

  const get = (key: string, now: number): RecordRow | undefined => {
    const row = select.get(key, now);
    return row === undefined
      ? undefined
      : { key: text(row, "key"), json: text(row, "json"), revision: integer(row, "revision") };
  };
  const nextExpiryAt = (): number | undefined => {
    const at = soonest.get()?.["at"];
    return typeof at === "number" ? at : undefined;
  };

  return {
    handlers: {
      "records.get": ({ key, now }) => get(key, now),
      "records.page": ({ prefix, after, limit, now }) => {
        const entries: RecordRow[] = [];
        let bytes = 0;
        for (const row of scan.iterate(prefix, after ?? "", now)) {
          const key = text(row, "key");
          if (!key.startsWith(prefix)) break;
          if (entries.length === limit || bytes >= PAGE_BYTES_MAX) return { entries, more: true };
          const json = text(row, "json");
          bytes += json.length;
          entries.push({ key, json, revision: integer(row, "revision") });
        }
        return { entries, more: false };
      },
      "records.put": ({ key, json, ifRevision, expiresAt, now }) => {
        if (ifRevision !== undefined && (get(key, now)?.revision ?? "absent") !== ifRevision) return undefined;
        revision += 1;
        upsert.run(key, json, revision, expiresAt ?? null);
        return revision;
      },
      "records.delete": ({ key, ifRevision, now }) => {
        const found = get(key, now);
        if (ifRevision !== undefined && found?.revision !== ifRevision) return { kind: "conflict" };
        if (found === undefined) return { kind: "absent" };
        remove.run(key);
        revision += 1;
        return { kind: "deleted", revision };
      },
      "records.expire": ({ now }) => {
        const deleted = expired.all(now, EXPIRE_ROWS_MAX).map((row) => {
          const key = text(row, "key");
          remove.run(key);
          revision += 1;
          return { key, revision };
        });
        return { deleted, nextExpiryAt: nextExpiryAt() };
      },
    },
    nextExpiryAt,
    saveRevision: () => {
      if (revision !== saved) writeCounter.run(revision);
      saved = revision;
    },
    forgetRevision: () => {
      saved = integer(readCounter.get(), "value");
      revision = saved;
    },
  };
}
