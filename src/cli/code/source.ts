/**
 * What `lambent deploy SOURCE` was given: a folder (zipped, or run live with --watch) or a ready zip. Also runs the
 * folder's own `npm install` when its package.json names packages that are not there.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { hasErrorCode, UserError } from "../../base/index.ts";
import { type Guess, guess } from "./guess.ts";

export type Source =
  | { readonly kind: "folder"; readonly path: string; readonly files: ReadonlySet<string> }
  | { readonly kind: "zip"; readonly path: string };

export async function sourceAt(given: string): Promise<Source> {
  const path = resolve(given);
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return { kind: "folder", path, files: new Set(await readdir(path)) };
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT")) throw error;
    throw new UserError("no-source", `There is no folder ${given}.`, {
      nextStep: "give a folder with the code, or a .zip file",
      cause: error,
    });
  }
  if (path.endsWith(".zip")) return { kind: "zip", path };
  throw new UserError("no-source", `${given} is neither a folder nor a .zip file.`, {
    nextStep: "give the folder that it lies in",
  });
}

/** The folder's name as a function name: AWS allows letters, digits, `-` and `_`. */
export function nameOf(source: Source): string {
  const name = basename(source.path, source.kind === "zip" ? extname(source.path) : "").replace(/[^\w-]+/g, "-");
  return name.replace(/^-+|-+$/g, "").slice(0, 64);
}

/** What the options leave open, guessed. A zip is not looked into. */
export async function settingsOf(
  source: Source,
  given: { readonly runtime: string | undefined; readonly handler: string | undefined },
): Promise<Guess> {
  const { runtime, handler } = given;
  if (runtime !== undefined && handler !== undefined) return { runtime, handler };
  if (runtime?.startsWith("provided")) return { runtime, handler: "bootstrap" };
  if (source.kind === "zip") {
    throw new UserError("zip-without-settings", "A zip is not looked into.", {
      nextStep: "add --runtime and --handler",
    });
  }
  const guessed = await guess(source.path, source.files);
  return { runtime: runtime ?? guessed.runtime, handler: handler ?? guessed.handler };
}

/** Installs the folder's npm packages when it has none yet. */
export async function installPackages(source: Source, note: (text: string) => void): Promise<void> {
  if (source.kind === "zip" || !source.files.has("package.json") || source.files.has("node_modules")) return;
  const manifest: unknown = JSON.parse(await readFile(join(source.path, "package.json"), "utf8"));
  if (typeof manifest !== "object" || manifest === null || !("dependencies" in manifest)) return;
  const command = source.files.has("package-lock.json") ? "ci" : "install";
  note(`npm ${command} in ${source.path}, because its packages are not there …`);
  try {
    await promisify(execFile)("npm", [command, "--omit=dev", "--no-audit", "--no-fund"], { cwd: source.path });
  } catch (error) {
    throw new UserError("npm-failed", `npm ${command} failed in ${source.path}.`, {
      nextStep: "run it there and see what it says",
      cause: error,
    });
  }
}
