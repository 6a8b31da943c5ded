/**
 * Folders of the cache that are there whole or not at all. Two processes may fill the same folder at once: both succeed
 * and one of the results stays.
 */

import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasErrorCode } from "../../base/index.ts";

export async function folderExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/**
 * Calls `fill` with an empty folder beside `target` and moves what `fill` returns (a folder inside it) to `target`.
 * Nothing is left behind when `fill` throws.
 */
export async function createFolderAtomically(
  target: string,
  fill: (scratch: string) => Promise<string>,
): Promise<void> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const scratch = await mkdtemp(join(parent, `.${basename(target)}-`));
  try {
    const filled = await fill(scratch);
    try {
      await rename(filled, target);
    } catch (error) {
      // Somebody else was faster; theirs is as good.
      if (!hasErrorCode(error, "ENOTEMPTY", "EEXIST") || !(await folderExists(target))) throw error;
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
