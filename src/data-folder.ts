/**
 * Makes the data folder, before the first room puts something in it. Step by step, because Node's own recursive mkdir never
 * returns below a folder that takes no new entries, such as /proc.
 */
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "./base/index.ts";

/** Throws a UserError when it cannot be made. */
export async function makeDataFolder(path: string): Promise<void> {
  try {
    await makeWithParents(resolve(path));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new UserError("data-folder-unusable", `The data folder ${path} cannot be made: ${error.message}.`, {
      nextStep: "choose a folder that you may write to with --data",
      cause: error,
    });
  }
}

async function makeWithParents(path: string): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    const parent = dirname(path);
    if (!hasCode(error, "ENOENT") || parent === path) throw error;
    await makeWithParents(parent);
    await make(path);
  }
}

async function make(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
