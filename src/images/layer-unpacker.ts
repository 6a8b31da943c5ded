/**
 * Unpacks one layer into a folder, as the lower part of an overlay: files, folders and links as they are, removals as marks.
 * Everything belongs to the server's user; set-uid bits and devices are left out, since no function can use them. Links are made,
 * never followed out (layer-folders.ts). Invariant: nothing is written outside the folder, nor past the budget.
 */
import { link, lstat, mkdir, open, rm, symlink } from "node:fs/promises";
import { hasErrorCode } from "../base/index.ts";
import { FileWriters } from "./file-writers.ts";
import { LayerExtensions } from "./layer-extensions.ts";
import { LayerFolders, segmentsOf } from "./layer-folders.ts";
import { PATH_BYTES_MAX, SMALL_FILE_BYTES } from "./limits.ts";
import { broken, ImageProblem } from "./problems.ts";
import type { TarEntry } from "./tar-reader.ts";
import { collected } from "./verified.ts";

/** How removals are marked in an overlay's layer; the sandbox room's. */
export interface LayerMarks {
  whiteout(path: string): void;
  opaque(path: string): void;
}

/** What all layers of an image may have together; counted down. */
export interface ImageBudget {
  bytes: number;
  entries: number;
}

const REMOVED = ".wh.";
const OPAQUE = ".wh..wh..opq";
const AUFS = ".wh..wh.";
/** Permission bits and the sticky one; never set-uid and set-gid. */
const MODE_BITS = 0o1777;
const FILES: readonly string[] = ["File", "OldFile", "ContiguousFile"];
/** Nobody inside could open them. */
const LEFT_OUT: readonly string[] = ["CharacterDevice", "BlockDevice", "FIFO"];

export class LayerUnpacker {
  readonly #folders: LayerFolders;
  readonly #marks: LayerMarks;
  readonly #budget: ImageBudget;
  readonly #writers = new FileWriters();
  readonly extensions = new LayerExtensions();
  /** What is on its way to the disk: whoever needs it there waits for all. */
  readonly #pending = new Set<string>();

  constructor(folder: string, marks: LayerMarks, budget: ImageBudget) {
    this.#folders = new LayerFolders(folder);
    this.#marks = marks;
    this.#budget = budget;
  }

  /** Throws ImageProblem for what no layer may have. */
  async take(entry: TarEntry): Promise<void> {
    this.#budget.entries -= 1;
    this.#budget.bytes -= FILES.includes(entry.type) ? entry.sizeBytes : 0;
    if (this.#budget.entries < 0) throw new ImageProblem("too-large", "the image has too many files");
    if (this.#budget.bytes < 0)
      throw new ImageProblem("too-large", "the image is larger than 10 GB when it is unpacked");
    const segments = segmentsOf(entry.path);
    const name = segments.at(-1);
    if (name === undefined) return;
    this.extensions.take(segments, entry.type);
    const folder = await this.#folders.place(segments.slice(0, -1));
    if (name.startsWith(REMOVED)) await this.#remove(folder, name);
    else await this.#make(folder, name, segments, entry);
  }

  /** Resolves when everything is written. */
  async finish(): Promise<void> {
    await this.#settle();
  }

  async #make(folder: string, name: string, segments: readonly string[], entry: TarEntry): Promise<void> {
    const path = `${folder}/${name}`;
    if (FILES.includes(entry.type)) return this.#file(path, entry);
    if (entry.type === "Directory") return this.#folder(path, segments, entry);
    if (LEFT_OUT.includes(entry.type)) return;
    await this.#settle();
    if (Buffer.byteLength(entry.linkTarget) > PATH_BYTES_MAX) throw broken("the target of a link is too long");
    if (entry.type === "SymbolicLink") {
      if (entry.linkTarget === "" || entry.linkTarget.includes("\0")) throw broken(`${entry.path} links to nothing`);
      await this.#clear(path);
      await symlink(entry.linkTarget, path);
    } else if (entry.type === "Link") await this.#hardLink(path, entry);
    else throw broken(`${entry.path} is of a kind that no layer may have (${entry.type})`);
  }

  async #file(path: string, entry: TarEntry): Promise<void> {
    if (this.#pending.has(path)) await this.#settle();
    if (entry.sizeBytes > SMALL_FILE_BYTES) {
      await this.#write(path, entry, entry.content);
      return;
    }
    const content = await collected(entry.content, SMALL_FILE_BYTES);
    this.#pending.add(path);
    await this.#writers.start(() => this.#write(path, entry, content));
  }

  async #write(path: string, entry: TarEntry, content: AsyncIterable<Uint8Array> | Uint8Array): Promise<void> {
    // "wx" neither follows a link nor overwrites: what is there is removed first.
    const file = await open(path, "wx", 0o600).catch(async (error: unknown) => {
      if (!hasErrorCode(error, "EEXIST")) throw error;
      await this.#clear(path);
      return open(path, "wx", 0o600);
    });
    try {
      for await (const chunk of content instanceof Uint8Array ? [content] : content) {
        for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
      }
      await file.chmod(entry.mode & MODE_BITS);
      const seconds = entry.modifiedMs / 1000;
      // Interpreters compare it with what they have compiled.
      await file.utimes(seconds, seconds);
    } finally {
      await file.close();
    }
  }

  async #folder(path: string, segments: readonly string[], entry: TarEntry): Promise<void> {
    const wasRemoved = await this.#settleAndLook(path);
    if (wasRemoved !== "folder") {
      if (wasRemoved !== "nothing") await this.#clear(path);
      await mkdir(path);
      // What the layer removed before it made this: nothing of below it shows.
      if (wasRemoved === "mark") this.#marks.opaque(path);
    }
    const handle = await open(await this.#folders.place(segments), "r");
    try {
      await handle.chmod(entry.mode & MODE_BITS);
    } finally {
      await handle.close();
    }
  }

  async #hardLink(path: string, entry: TarEntry): Promise<void> {
    const target = segmentsOf(entry.linkTarget);
    const name = target.at(-1);
    if (name === undefined) throw broken(`${entry.path} is a link to the whole layer`);
    const source = `${await this.#folders.place(target.slice(0, -1))}/${name}`;
    const stat = await lstat(source).catch((error: unknown) => {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw error;
    });
    if (stat === undefined || !(stat.isFile() || stat.isSymbolicLink())) {
      throw broken(`${entry.path} is a link to what is not in its layer`);
    }
    if (source === path) return;
    await this.#clear(path);
    await link(source, path);
  }

  async #remove(folder: string, mark: string): Promise<void> {
    if (mark === OPAQUE) {
      this.#marks.opaque(folder);
      return;
    }
    // Files of an old file system's own.
    if (mark.startsWith(AUFS)) return;
    const name = mark.slice(REMOVED.length);
    if (name === "" || name === "." || name === "..") throw broken("a layer removes what has no name");
    await this.#settle();
    const path = `${folder}/${name}`;
    const found = await this.#settleAndLook(path);
    if (found === "nothing") this.#marks.whiteout(path);
    // What the layer has made itself stays, without what was there before.
    else if (found === "folder") this.#marks.opaque(path);
  }

  async #settleAndLook(path: string): Promise<"nothing" | "folder" | "mark" | "other"> {
    if (this.#pending.has(path)) await this.#settle();
    const stat = await lstat(path).catch((error: unknown) => {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw error;
    });
    if (stat === undefined) return "nothing";
    if (stat.isDirectory()) return "folder";
    return stat.isCharacterDevice() ? "mark" : "other";
  }

  /** Removes what is there: the last of several entries of a name counts. */
  async #clear(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
    this.#folders.forget();
  }

  async #settle(): Promise<void> {
    await this.#writers.settle();
    this.#pending.clear();
  }
}
