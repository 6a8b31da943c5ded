/**
 * Opens a data folder of this machine: `store.db` with its log beside it, `blobs/`, and `holder` with the pid of the
 * process that has it open. The lock itself is SQLite's on the file, which the system frees with the process; `holder` only
 * names the culprit.
 */
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Clock, hasErrorCode, type Log, type Random, UserError } from "../../base/index.ts";
import { type Store, StoreUnavailable } from "../ports.ts";
import { LocalBlobs } from "./blobs.ts";
import { LocalBus } from "./bus.ts";
import { LocalJournals } from "./journals.ts";
import type { CrashAt, OpenRefusal } from "./operations.ts";
import { LocalQueues } from "./queues.ts";
import { LocalRecords } from "./records.ts";
import { crashPoint } from "./writer/crash-point.ts";
import { WriterClient } from "./writer-client.ts";

export interface LocalStoreOptions {
  /** The data folder; made, with its parents, when absent. Readable by its owner alone. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Opens the store in `folder`. Throws UserError `data-folder-in-use`, `data-folder-newer`, `data-folder-foreign` or
 * `data-folder-unusable`. Dispose it to let go of the folder.
 */
export function openLocalStore(options: LocalStoreOptions): Promise<Store> {
  return openLocalStoreWith(options, undefined);
}

/** For the kill tests: the same, with a point at which the process is to die. */
export async function openLocalStoreWith(options: LocalStoreOptions, crashAt: CrashAt | undefined): Promise<Store> {
  const { clock, random, log } = options;
  const folder = resolve(options.folder);
  const holderFile = join(folder, "holder");
  const databaseFile = join(folder, "store.db");
  const blobFolder = join(folder, "blobs");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await makePrivate(databaseFile);
  } catch (error) {
    throw unusable(folder, error instanceof Error ? error.message : String(error), error);
  }
  // The blobs' folders are made while the thread starts.
  // The blobs' folders are made while the thread starts.
  const [started, folders] = await Promise.allSettled([
    WriterClient.start(databaseFile, log, crashAt),
    LocalBlobs.makeFolders(blobFolder),
  ]);
  if (started.status === "rejected") throw started.reason;
  if ("refusal" in started.value) throw await refused(folder, holderFile, started.value.refusal);
  const { client, nextExpiryAt } = started.value;
  const blobs = new LocalBlobs(blobFolder, random, crashPoint(crashAt));
  try {
    if (folders.status === "rejected") throw folders.reason;
    await Promise.all([writeFile(holderFile, `${process.pid}\n`), blobs.removeLeftovers()]);
  } catch (error) {
    await client.close();
    throw unusable(folder, error instanceof Error ? error.message : String(error), error);
  }
  const records = new LocalRecords(client, clock, log, nextExpiryAt);
  const queues = new LocalQueues(client, clock, log);
  const journals = new LocalJournals(client);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const port of [records, queues, journals]) port[Symbol.dispose]();
    await rm(holderFile, { force: true });
    await client.close();
  };
  return {
    records,
    blobs,
    queues,
    journals,
    bus: new LocalBus(clock),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

/**
 * Makes the file for its owner alone; SQLite's own files beside it follow its mode. One that exists is not even opened:
 * closing it would drop the lock of another store in this process.
 */
async function makePrivate(file: string): Promise<void> {
  try {
    await (await open(file, "wx", 0o600)).close();
  } catch (error) {
    if (!hasErrorCode(error, "EEXIST")) throw error;
  }
}

async function refused(folder: string, holderFile: string, refusal: OpenRefusal): Promise<UserError> {
  switch (refusal.kind) {
    case "locked": {
      const pid = await readFile(holderFile, "utf8").then(
        (text) => text.trim(),
        () => "",
      );
      const holder = pid === "" ? "another process" : `another Lambent (process ${pid})`;
      return new UserError("data-folder-in-use", `The data folder ${folder} is in use by ${holder}.`, {
        nextStep: "Stop that process, or choose another folder with --data.",
      });
    }
    case "newer-schema":
      return new UserError(
        "data-folder-newer",
        `The data folder ${folder} was written by a newer Lambent (schema ${refusal.found}; this one knows ${refusal.known}).`,
        { nextStep: "Use that newer version, or choose another folder with --data." },
      );
    case "not-ours":
      return new UserError("data-folder-foreign", `The file store.db in ${folder} was not written by Lambent.`, {
        nextStep: "Choose another folder with --data.",
      });
    case "failed":
      return unusable(
        folder,
        refusal.failure.message,
        new StoreUnavailable(refusal.failure.reason, refusal.failure.message),
      );
  }
}

function unusable(folder: string, message: string, cause: unknown): UserError {
  return new UserError("data-folder-unusable", `The data folder ${folder} cannot be used: ${message}.`, {
    nextStep: "Check that the disk has space and that you may write there, or choose another folder with --data.",
    cause,
  });
}
