/**
 * What interpreters said about themselves, kept by path and modification time, so that each is asked once and not at
 * every start. The file is a cache: unreadable or outdated content is asked for again.
 */

import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasErrorCode } from "../../base/index.ts";
import { PROBES_MAX } from "../limits.ts";

interface Entry {
  readonly mtimeMs: number;
  readonly said: string;
}

export class ProbeCache {
  readonly #file: string;
  #entries: Promise<Map<string, Entry>> | undefined;

  constructor(cacheFolder: string) {
    this.#file = join(cacheFolder, "interpreters.json");
  }

  /** What `program` said, or says now through `ask`. Undefined when there is no such file. */
  async get(program: string, ask: () => Promise<string>): Promise<string | undefined> {
    const mtimeMs = await modificationTime(program);
    if (mtimeMs === undefined) return undefined;
    this.#entries ??= readEntries(this.#file);
    const entries = await this.#entries;
    const known = entries.get(program);
    if (known?.mtimeMs === mtimeMs) return known.said;
    const said = await ask();
    entries.set(program, { mtimeMs, said });
    await this.#save(entries);
    return said;
  }

  async #save(entries: Map<string, Entry>): Promise<void> {
    const kept = [...entries].slice(-PROBES_MAX);
    const scratch = `${this.#file}.${process.pid}`;
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(scratch, JSON.stringify(Object.fromEntries(kept)));
    await rename(scratch, this.#file);
  }
}

async function modificationTime(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return undefined;
    throw error;
  }
}

async function readEntries(file: string): Promise<Map<string, Entry>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || hasErrorCode(error, "ENOENT")) return new Map();
    throw error;
  }
  const entries = new Map<string, Entry>();
  if (typeof content !== "object" || content === null) return entries;
  for (const [path, entry] of Object.entries(content)) if (isEntry(entry)) entries.set(path, entry);
  return entries;
}

function isEntry(value: unknown): value is Entry {
  return (
    typeof value === "object" &&
    value !== null &&
    "mtimeMs" in value &&
    typeof value.mtimeMs === "number" &&
    "said" in value &&
    typeof value.said === "string"
  );
}
