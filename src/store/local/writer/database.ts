/**
 * Opens the one SQLite file: alone (an exclusive lock of the operating system, which a dead process cannot hold), as WAL
 * with a sync at every commit, and at the newest schema. Knows no table.
 *
 * Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html
 */
import { DatabaseSync } from "node:sqlite";
import type { DiskFailure, OpenRefusal } from "../operations.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";

/** Marks the file as Lambent's: "Lmbt" in ASCII. */
const APPLICATION_ID = 0x4c6d6274;

/** Thrown when the file cannot be opened for a reason that has a name. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: OpenRefusal;

  constructor(refusal: OpenRefusal) {
    super(`the database was not opened: ${refusal.kind}`);
    this.refusal = refusal;
  }
}

/** Opens `file`, making it when absent. Throws Refused. */
export function openDatabase(file: string, migrations: readonly Migration[] = MIGRATIONS): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    // Exclusive before the first access: the lock is taken by it and the index of the WAL stays in memory.
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -4096;
      PRAGMA journal_size_limit = 16777216;
      PRAGMA foreign_keys = OFF;
    `);
    migrate(database, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error instanceof Refused ? error : new Refused(refusalOf(error));
  }
}

function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  database.exec("BEGIN EXCLUSIVE");
  const found = pragma(database, "user_version");
  const owner = pragma(database, "application_id");
  const isEmpty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  database.exec("COMMIT");
  if (owner !== APPLICATION_ID && !(owner === 0 && isEmpty)) throw new Refused({ kind: "not-ours" });
  const known = migrations.at(-1)?.version ?? 0;
  if (found > known) throw new Refused({ kind: "newer-schema", found, known });
  const missing = migrations.filter(({ version }) => version > found);
  if (missing.length === 0) return;
  // All steps in one transaction: an interrupted upgrade leaves the old version, and a fresh file costs one sync.
  database.exec("BEGIN EXCLUSIVE");
  for (const { sql } of missing) database.exec(sql);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${known}; COMMIT;`);
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

const PRIMARY_CODE = 0xff;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

function refusalOf(error: unknown): OpenRefusal {
  const code = sqliteCode(error);
  if (code === SQLITE_BUSY) return { kind: "locked" };
  if (code === SQLITE_NOTADB) return { kind: "not-ours" };
  return { kind: "failed", failure: diskFailure(error) };
}

/** What to tell callers about an error that SQLite threw. */
export function diskFailure(error: unknown): DiskFailure {
  if (error instanceof Refused && error.refusal.kind === "failed") return error.refusal.failure;
  const message = error instanceof Error ? error.message : String(error);
  return sqliteCode(error) === SQLITE_FULL ? { reason: "disk-full", message } : { reason: "io-error", message };
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & PRIMARY_CODE;
}
