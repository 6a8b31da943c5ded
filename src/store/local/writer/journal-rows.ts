/**
 * Journals in SQL: one row per entry in (journal, sequence) order. Sequences are dense, so seeking is a binary search.
 * Trimming and deleting only move a mark; the entries behind it are swept a bounded number at a time.
 */
import type { DatabaseSync } from "node:sqlite";
import type { JournalRow, JournalStat, Operations } from "../operations.ts";
import type { Handlers } from "./group-commit.ts";
import { bytes, integer, PAGE_BYTES_MAX } from "./row.ts";

/** Entries that one sweep frees, so that writers wait at most a few milliseconds for it. */
const SWEEP_ROWS = 500;

type JournalOperations = Pick<
  Operations,
  | "journals.read"
  | "journals.readBackwards"
  | "journals.seek"
  | "journals.stat"
  | "journals.append"
  | "journals.trim"
  | "journals.delete"
>;

export interface JournalRows {
  readonly handlers: Handlers<JournalOperations>;
  sweep(): boolean;
}

interface Head {
  readonly id: number;
  readonly first: number;
  readonly next: number;
  readonly trimmedBytes: number;
  readonly endBytes: number;
  readonly peakMs: number;
  readonly lastMs: number;
}

export function journalRows(database: DatabaseSync): JournalRows {
  const selectHead = database.prepare("SELECT * FROM journals WHERE name = ?");
  const insertHead = database.prepare("INSERT INTO journals VALUES (NULL, ?, 1, 1, 1, 0, 0, 0, 0) RETURNING *");
  const moveEnd = database.prepare(
    "UPDATE journals SET next = ?, end_bytes = ?, peak_ms = ?, last_ms = ? WHERE id = ?",
  );
  const moveFirst = database.prepare("UPDATE journals SET first = ?, trimmed_bytes = ? WHERE id = ?");
  const unname = database.prepare("UPDATE journals SET name = NULL, first = next WHERE name = ?");
  const insert = database.prepare("INSERT INTO journal_entries VALUES (?, ?, ?, ?, ?, ?)");
  const columns = "SELECT sequence, time_ms, body FROM journal_entries WHERE journal = ?";
  const forwards = database.prepare(`${columns} AND sequence >= ? ORDER BY sequence LIMIT ?`);
  const backwards = database.prepare(`${columns} AND sequence < ? AND sequence >= ? ORDER BY sequence DESC LIMIT ?`);
  const one = database.prepare(
    "SELECT time_ms, peak_ms, end_bytes FROM journal_entries WHERE journal = ? AND sequence = ?",
  );
  const toSweep = database.prepare(
    "SELECT id, name, first FROM journals INDEXED BY journals_to_sweep WHERE name IS NULL OR swept < first LIMIT 1",
  );
  const lastToSweep = database.prepare(
    "SELECT max(sequence) AS last FROM " +
      `(SELECT sequence FROM journal_entries WHERE journal = ? AND sequence < ? ORDER BY sequence LIMIT ${SWEEP_ROWS})`,
  );
  const free = database.prepare("DELETE FROM journal_entries WHERE journal = ? AND sequence <= ?");
  const markSwept = database.prepare("UPDATE journals SET swept = ? WHERE id = ?");
  const removeHead = database.prepare("DELETE FROM journals WHERE id = ?");

  const head = (journal: string): Head | undefined => {
    const row = selectHead.get(journal);
    return row === undefined ? undefined : toHead(row);
  };
  const page = (rows: Iterable<Record<string, unknown>>, limit: number): { entries: JournalRow[]; more: boolean } => {
    const entries: JournalRow[] = [];
    let size = 0;
    for (const row of rows) {
      if (entries.length === limit || size >= PAGE_BYTES_MAX) return { entries, more: true };
      const body = bytes(row, "body");
      size += body.byteLength;
      entries.push({ sequence: integer(row, "sequence"), timeMs: integer(row, "time_ms"), body });
    }
    return { entries, more: false };
  };

  return {
    handlers: {
      "journals.read": ({ journal, from, limit }) => {
        const found = head(journal);
        if (found === undefined) return { entries: [], more: false };
        return page(forwards.iterate(found.id, Math.max(from, found.first), limit + 1), limit);
      },
      "journals.readBackwards": ({ journal, before, limit }) => {
        const found = head(journal);
        if (found === undefined) return { entries: [], more: false };
        return page(backwards.iterate(found.id, before ?? found.next, found.first, limit + 1), limit);
      },
      "journals.seek": ({ journal, timeMs }) => {
        const found = head(journal);
        if (found === undefined) return 1;
        let low = found.first;
        let high = found.next;
        while (low < high) {
          const middle = Math.floor((low + high) / 2);
          if (integer(one.get(found.id, middle), "peak_ms") >= timeMs) high = middle;
          else low = middle + 1;
        }
        return low;
      },
      "journals.stat": ({ journal }): JournalStat | undefined => {
        const found = head(journal);
        if (found === undefined) return undefined;
        const first = one.get(found.id, found.first);
        return {
          firstSequence: found.first,
          nextSequence: found.next,
          sizeBytes: found.endBytes - found.trimmedBytes,
          firstTimeMs: first === undefined ? found.lastMs : integer(first, "time_ms"),
          lastTimeMs: found.lastMs,
        };
      },
      "journals.append": ({ journal, timesMs, sizes, packed }) => {
        const found = head(journal) ?? toHead(insertHead.get(journal));
        let { next, endBytes, peakMs, lastMs } = found;
        let offset = 0;
        for (const [index, size] of sizes.entries()) {
          const body = packed.subarray(offset, offset + size);
          offset += size;
          lastMs = timesMs[index] ?? lastMs;
          peakMs = next === 1 ? lastMs : Math.max(peakMs, lastMs);
          endBytes += body.byteLength;
          insert.run(found.id, next, lastMs, peakMs, endBytes, body);
          next += 1;
        }
        moveEnd.run(next, endBytes, peakMs, lastMs, found.id);
        return found.next;
      },
      "journals.trim": ({ journal, before }) => {
        const found = head(journal);
        if (found === undefined || before <= found.first) return undefined;
        const first = Math.min(before, found.next);
        moveFirst.run(first, integer(one.get(found.id, first - 1), "end_bytes"), found.id);
        return undefined;
      },
      "journals.delete": ({ journal }) => {
        unname.run(journal);
        return undefined;
      },
    },
    sweep: () => {
      const row = toSweep.get();
      if (row === undefined) return false;
      const id = integer(row, "id");
      const first = integer(row, "first");
      const last = lastToSweep.get(id, first)?.["last"];
      if (typeof last === "number") {
        free.run(id, last);
        markSwept.run(last + 1, id);
      } else if (row["name"] === null) removeHead.run(id);
      else markSwept.run(first, id);
      return true;
    },
  };
}

function toHead(row: Record<string, unknown> | undefined): Head {
  return {
    id: integer(row, "id"),
    first: integer(row, "first"),
    next: integer(row, "next"),
    trimmedBytes: integer(row, "trimmed_bytes"),
    endBytes: integer(row, "end_bytes"),
    peakMs: integer(row, "peak_ms"),
    lastMs: integer(row, "last_ms"),
  };
}
