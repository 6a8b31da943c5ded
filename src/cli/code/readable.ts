/**
 * A live folder is read by a function that runs as a user of its own, so what is closed to others does not exist for it.
 * Found out before the function fails on it.
 */
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { UserError } from "../../base/index.ts";
import { LIVE_ENTRIES_CHECKED_MAX } from "../limits.ts";

const OTHERS_READ = 0o4;
const OTHERS_READ_AND_ENTER = 0o5;

/** Throws a UserError that names what is closed, and the command that opens it. */
export async function requireReadable(folder: string): Promise<void> {
  const closed: string[] = [];
  const folders = [folder];
  let seen = 0;
  if (!(await isOpen(folder, OTHERS_READ_AND_ENTER))) closed.push(".");
  for (let at = folders.shift(); at !== undefined && seen < LIVE_ENTRIES_CHECKED_MAX; at = folders.shift()) {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      seen += 1;
      const path = join(at, entry.name);
      if (entry.isDirectory() && entry.name !== ".git" && entry.name !== "node_modules") folders.push(path);
      if (!entry.isDirectory() && !entry.isFile()) continue;
      if (!(await isOpen(path, entry.isDirectory() ? OTHERS_READ_AND_ENTER : OTHERS_READ))) {
        closed.push(relative(folder, path));
      }
    }
  }
  const [first, ...more] = closed;
  if (first === undefined) return;
  const what = first === "." ? folder : join(folder, first);
  throw new UserError(
    "closed-folder",
    `The function runs as a user of its own and cannot read ${what}${more.length === 0 ? "" : ` and ${more.length} more`}.`,
    { nextStep: `chmod -R o+rX '${folder}' and deploy again` },
  );
}

async function isOpen(path: string, bits: number): Promise<boolean> {
  return ((await stat(path)).mode & bits) === bits;
}
