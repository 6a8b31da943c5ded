/**
 * The entries of a tar archive, one after another, as a stream: what a layer or a saved image is made of. The format is the
 * library's business; bounds and what must not be are ours. Knows no folder.
 */
import { Parser, type ReadEntry } from "tar";
import { TAR_META_BYTES_MAX } from "./limits.ts";
import { broken, ImageProblem } from "./problems.ts";

export interface TarEntry {
  readonly path: string;
  /** The library's name of the type: `File`, `Directory`, `SymbolicLink`, `Link`, `CharacterDevice` … */
  readonly type: string;
  readonly sizeBytes: number;
  /** Permission bits, set-uid, set-gid and sticky ones included. */
  readonly mode: number;
  /** Epoch milliseconds. */
  readonly modifiedMs: number;
  readonly linkTarget: string;
  /** To be read to its end before the next entry comes; what is not is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Calls `take` for each entry, never twice at once. Throws ImageProblem for what is no archive, and what `take` throws. */
export async function readTar(
  content: AsyncIterable<Uint8Array>,
  take: (entry: TarEntry) => Promise<void>,
): Promise<void> {
  const parser = new Parser({ strict: true, maxMetaEntrySize: TAR_META_BYTES_MAX });
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake();
  };
  let isOver = false;
  let last = Promise.resolve();
  parser.on("error", (error: unknown) => fail(unreadable(error)));
  parser.on("drain", () => wake());
  parser.on("end", () => {
    isOver = true;
    wake();
  });
  parser.on("entry", (entry: ReadEntry) => {
    last = last.then(() => take(facts(entry))).then(() => void entry.resume());
    last.catch(fail);
  });
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  let begun = false;
  for await (const chunk of content) {
    if (!begun && isCompressed(chunk)) throw broken("a layer is compressed twice");
    begun ||= chunk.length > 0;
    const next = woken();
    if (!parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)) && failure === undefined)
      await next;
    if (failure !== undefined) throw failure.error;
  }
  const next = woken();
  parser.end();
  if (!isOver && failure === undefined) await next;
  while (!isOver && failure === undefined) await woken();
  if (failure !== undefined) throw failure.error;
  await last;
}

function facts(entry: ReadEntry): TarEntry {
  if (typeof entry.size !== "number" || !Number.isSafeInteger(entry.size) || entry.size < 0) {
    throw broken(`${entry.path.slice(0, 200)} has no size`);
  }
  return {
    path: entry.path,
    type: entry.type,
    sizeBytes: entry.size,
    mode: entry.mode ?? 0o644,
    modifiedMs: entry.mtime?.getTime() ?? 0,
    linkTarget: entry.linkpath ?? "",
    content: entry as AsyncIterable<Uint8Array>,
  };
}

/** The library would unpack it again, past every limit on the size. */
function isCompressed(chunk: Uint8Array): boolean {
  const magic = Buffer.from(chunk.subarray(0, 4)).toString("hex");
  return magic.startsWith("1f8b") || magic === "28b52ffd";
}

function unreadable(error: unknown): ImageProblem {
  if (error instanceof ImageProblem) return error;
  return broken(`a layer is no tar archive: ${error instanceof Error ? error.message : String(error)}`);
}
