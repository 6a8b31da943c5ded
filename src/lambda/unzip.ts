/**
 * Unpacks a hostile zip into a new folder, within limits that are counted in bytes written, not in what the zip claims.
 * Streams: memory stays flat whatever the size. Everything written is readable by all, so that a function's own user can
 * read it. On any error the caller removes the folder.
 */
import { close, fchmod, open as openFile, write } from "node:fs";
import { chmod, type FileHandle, mkdir, open, symlink } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from "yauzl";
import { BOUNDS } from "./limits.ts";
import { isSmall, openBytes, smallContent } from "./zip-bytes.ts";
import { linkEndsInside, type PlannedFile, planUnzip, ZipRejected } from "./zip-plan.ts";

/** A zip in memory, or the path of one. */
export type ZipSource = Uint8Array | string;

/**
 * Unpacks `source` into `folder`, which must not exist. Resolves with the bytes written.
 * Throws ZipRejected: `unreadable` for anything that is not a sound zip, `too-large` past `maxBytes`.
 */
export async function unzip(source: ZipSource, folder: string, maxBytes: number): Promise<number> {
  const zip = await openZip(source);
  try {
    const plan = planUnzip(await readEntries(zip));
    const budget = { written: 0, maxBytes };
    await makeFolder(folder);
    for (const path of plan.folders) await makeFolder(join(folder, path));
    await using bytes = await openBytes(source);
    await inParallel(plan.files, async (file) => {
      const path = join(folder, file.path);
      if (!isSmall(file.entry)) return writeLarge(zip, file, path, budget);
      const content = await smallContent(bytes, file.entry);
      spend(budget, content.length);
      await writeSmall(path, content, file.mode);
    });
    await makeLinks(zip, plan.links, folder, budget);
    return budget.written;
  } finally {
    zip.close();
  }
}

function spend(budget: Budget, bytes: number): void {
  budget.written += bytes;
  if (budget.written > budget.maxBytes) throw new ZipRejected("too-large", "it grows past the limit");
}

interface Budget {
  written: number;
  readonly maxBytes: number;
}

const OPTIONS = { lazyEntries: true, autoClose: false, validateEntrySizes: true, decodeStrings: true };

async function openZip(source: ZipSource): Promise<ZipFile> {
  try {
    if (typeof source === "string") return await openPromise(source, OPTIONS);
    return await fromBufferPromise(Buffer.from(source.buffer, source.byteOffset, source.byteLength), OPTIONS);
  } catch (error) {
    throw new ZipRejected("unreadable", "this is not a zip", { cause: error });
  }
}

function readEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void =>
      reject(new ZipRejected("unreadable", "its directory is broken", { cause: error }));
    zip.on("entry", (entry: Entry) => {
      entries.push(entry);
      if (entries.length > BOUNDS.zipEntries) refuse(new Error(`more than ${BOUNDS.zipEntries} entries`));
      else zip.readEntry();
    });
    zip.once("end", () => resolve(entries));
    zip.once("error", refuse);
    zip.readEntry();
  });
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755);
}

/** Half of what a FileHandle costs. */
function writeSmall(path: string, content: Buffer, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    openFile(path, "wx", mode, (refused, fd) => {
      if (refused !== null) return reject(refused);
      const closeAnd = (failure: Error | null): void =>
        close(fd, (late) => ((failure ?? late) ? reject(failure ?? late) : resolve()));
      const writeFrom = (from: number): void => {
        if (from === content.length) fchmod(fd, mode, closeAnd);
        else {
          write(fd, content, from, content.length - from, null, (failure, written) => {
            if (failure === null) writeFrom(from + written);
            else closeAnd(failure);
          });
        }
      };
      writeFrom(0);
    });
  });
}

async function writeLarge(zip: ZipFile, file: PlannedFile, path: string, budget: Budget): Promise<void> {
  await using handle: FileHandle = await open(path, "wx", file.mode);
  for await (const chunk of content(zip, file.entry, budget)) await handle.writev([chunk]);
  await handle.chmod(file.mode);
}

/** The entry's bytes, counted against the budget, its checksum compared at the end. */
async function* content(zip: ZipFile, entry: Entry, budget: Budget): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      const bytes: Uint8Array = chunk;
      spend(budget, bytes.length);
      checksum = crc32(bytes, checksum);
      yield bytes;
    }
  } catch (error) {
    if (error instanceof ZipRejected) throw error;
    throw new ZipRejected("unreadable", `${entry.fileName} cannot be decompressed`, { cause: error });
  }
  if (checksum !== entry.crc32) throw new ZipRejected("unreadable", `${entry.fileName} has a wrong checksum`);
}

async function makeLinks(zip: ZipFile, links: readonly PlannedFile[], folder: string, budget: Budget): Promise<void> {
  const targets = new Map<string, string>();
  for (const { path, entry } of links) {
    if (entry.uncompressedSize > BOUNDS.linkTargetBytes)
      throw new ZipRejected("unreadable", `${path} is too long a link`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content(zip, entry, budget)) chunks.push(chunk);
    targets.set(path, Buffer.concat(chunks).toString());
  }
  for (const [path, target] of targets) {
    if (target === "" || target.includes("\0") || !linkEndsInside(path, target, targets)) {
      throw new ZipRejected("unreadable", `the link ${path} leads out of the folder`);
    }
  }
  for (const [path, target] of targets) await symlink(target, join(folder, path));
}

/** Runs `work` on every item, a bounded number at a time; the first failure stops the rest and is thrown at the end. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: BOUNDS.zipWriters }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
