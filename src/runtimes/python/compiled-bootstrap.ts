/**
 * The Python bootstrap, compiled once per interpreter and kept in the cache: what is mounted cannot be written to from
 * inside, so without this every process would compile the same files again.
 */
import { createHash } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../base/index.ts";
import { createFolderAtomically, folderExists } from "../interpreters/atomic-folder.ts";
import { CommandError, runCommand } from "../interpreters/command.ts";
import { PROBE_OUTPUT_BYTES, PROBE_TIMEOUT_MS } from "../limits.ts";
import type { Interpreter } from "../runtime.ts";

const SOURCE = join(import.meta.dirname, "bootstrap");

/** The folder to mount: compiled, or the source where compiling fails (slower to start, otherwise the same). */
export async function bootstrapFolder(interpreter: Interpreter, cacheFolder: string, log: Log): Promise<string> {
  const target = join(cacheFolder, "bootstrap", `python${interpreter.version}-${await sourceHash()}`);
  if (await folderExists(target)) return target;
  try {
    await createFolderAtomically(target, async (scratch) => {
      const copy = join(scratch, "bootstrap");
      const isSource = (path: string): boolean => !path.includes("__pycache__");
      await cp(SOURCE, copy, { recursive: true, filter: isSource });
      // Unchecked: the folder's name says which source it is, so nobody need compare times at every start.
      const compile = ["-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", copy];
      await runCommand(interpreter.program, compile, {
        timeoutMs: PROBE_TIMEOUT_MS,
        outputBytesMax: PROBE_OUTPUT_BYTES,
        env: {},
      });
      return copy;
    });
    return target;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.warn("could not compile the Python bootstrap; functions start a little slower", { error, said: error.said });
    return SOURCE;
  }
}

async function sourceHash(): Promise<string> {
  const files = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith(".py")).toSorted();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(SOURCE, file)));
  return hash.digest("hex").slice(0, 16);
}
