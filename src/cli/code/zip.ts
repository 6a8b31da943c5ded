/**
 * Zips a folder as a deployment package: what .lambdaignore names stays out, execute bits stay, times are fixed, so the
 * same content always gives the same CodeSha256. Links are followed; a loop of links ends at its second visit.
 */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import yazl from "yazl";
import { hasErrorCode, UserError } from "../../base/index.ts";
import { FILES_MAX, UNPACKED_BYTES_MAX, ZIP_BYTES_MAX } from "../limits.ts";

const ALWAYS_IGNORED = [".git/", ".lambent/", ".lambdaignore", ".venv/", "__pycache__/", ".DS_Store"];
/** The earliest time that a zip can hold. */
const FIXED_TIME: Date = new Date(1980, 0, 1);

export interface Package {
  readonly zip: Buffer;
  readonly files: number;
}

interface Entry {
  readonly path: string;
  readonly source: string;
  readonly sizeBytes: number;
  readonly mode: number;
}

/** `onFile` is called with the number of files done and of all. Throws a UserError for an empty or too large folder. */
export async function zipFolder(folder: string, onFile: (done: number, all: number) => void): Promise<Package> {
  const entries: Entry[] = [];
  await collect(folder, "", await ignoreRules(folder), new Set(), entries);
  if (entries.length === 0) {
    throw new UserError("empty-folder", `There is nothing to deploy in ${folder}.`, {
      nextStep: "check the folder and its .lambdaignore",
    });
  }
  const total = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  if (total > UNPACKED_BYTES_MAX) throw tooLarge(folder, total, UNPACKED_BYTES_MAX, entries);
  const zip = new yazl.ZipFile();
  for (const [index, entry] of entries.entries()) {
    zip.addBuffer(await readFile(entry.source), entry.path, { mtime: FIXED_TIME, mode: entry.mode });
    onFile(index + 1, entries.length);
  }
  const bytes = await bytesOf(zip);
  if (bytes.length > ZIP_BYTES_MAX) throw tooLarge(folder, bytes.length, ZIP_BYTES_MAX, entries);
  return { zip: bytes, files: entries.length };
}

/** A package of one file. */
export function textZip(name: string, text: string): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from(text), name, { mtime: FIXED_TIME, mode: 0o100644 });
  return bytesOf(zip);
}

async function bytesOf(zip: yazl.ZipFile): Promise<Buffer> {
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function ignoreRules(folder: string): Promise<Ignore> {
  const rules = ignore().add(ALWAYS_IGNORED);
  try {
    return rules.add(await readFile(join(folder, ".lambdaignore"), "utf8"));
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return rules;
    throw error;
  }
}

async function collect(
  root: string,
  inside: string,
  rules: Ignore,
  visited: Set<string>,
  entries: Entry[],
): Promise<void> {
  const folder = join(root, inside);
  const real = await realpath(folder);
  if (visited.has(real)) return;
  visited.add(real);
  for (const name of (await readdir(folder)).sort()) {
    const path = inside === "" ? name : `${inside}/${name}`;
    const source = join(root, path);
    const facts = await stat(source);
    if (rules.ignores(facts.isDirectory() ? `${path}/` : path)) continue;
    if (facts.isDirectory()) await collect(root, path, rules, visited, entries);
    else if (facts.isFile()) {
      // Only the execute bit has a meaning: owner and the rest differ from machine to machine.
      const mode = (facts.mode & 0o111) === 0 ? 0o100644 : 0o100755;
      entries.push({ path, source, sizeBytes: facts.size, mode });
    }
    if (entries.length > FILES_MAX) {
      throw new UserError("too-many-files", `${root} holds more than ${FILES_MAX} files.`, {
        nextStep: "check the folder, or leave files out with .lambdaignore",
      });
    }
  }
}

function tooLarge(folder: string, bytes: number, limit: number, entries: readonly Entry[]): UserError {
  const mb = (value: number): string => `${(value / 1024 / 1024).toFixed(0)} MB`;
  const largest = [...entries].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 3);
  return new UserError("too-large", `${folder} makes ${mb(bytes)}; AWS allows ${mb(limit)}.`, {
    nextStep: `leave out what the function does not need with .lambdaignore; the largest are ${largest.map(({ path, sizeBytes }) => `${path} (${mb(sizeBytes)})`).join(", ")}`,
  });
}
