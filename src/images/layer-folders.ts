/**
 * Where the folders of a layer that is being unpacked are on this machine. Symbolic links of the layer are followed as the image
 * would see them, with the layer as the root, so that no path leads out. Invariant: what `place` gives is a real folder below
 * the layer's, reached over real folders only.
 */
import { chmod, lstat, mkdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { BoundedMap, hasErrorCode } from "../base/index.ts";
import { FOLDERS_REMEMBERED, LINK_HOPS_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX } from "./limits.ts";
import { broken } from "./problems.ts";

const FOLDER_MODE = 0o755;

export class LayerFolders {
  readonly root: string;
  /** By the path as layers name it: the real folder, below `root`. */
  readonly #known = new BoundedMap<string, string>(FOLDERS_REMEMBERED);

  constructor(root: string) {
    this.root = root;
  }

  /** Host path of the folder that `segments` name, made where it is missing. */
  async place(segments: readonly string[]): Promise<string> {
    return join(this.root, await this.#real(segments, LINK_HOPS_MAX));
  }

  /** To be called when something that may be on a path was replaced. */
  forget(): void {
    this.#known.clear();
  }

  async #real(segments: readonly string[], hops: number): Promise<string> {
    if (segments.length === 0) return "";
    const name = segments.join("/");
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const parent = await this.#real(segments.slice(0, -1), hops);
    const own = join(parent, segments.at(-1) ?? "");
    const found = await this.#resolved(parent, own, hops);
    this.#known.set(name, found);
    return found;
  }

  async #resolved(parent: string, own: string, hops: number): Promise<string> {
    const path = join(this.root, own);
    const stat = await lstat(path).catch((error: unknown) => {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw error;
    });
    if (stat === undefined) {
      await mkdir(path);
      await chmod(path, FOLDER_MODE);
      return own;
    }
    if (stat.isDirectory()) return own;
    if (!stat.isSymbolicLink()) throw broken(`${own} is a file and has files below it`);
    if (hops === 0) throw broken(`${own} leads round in a circle`);
    const target = await readlink(path);
    const segments = withinRoot(target.startsWith("/") ? target : `${parent}/${target}`);
    return this.#real(segments, hops - 1);
  }
}

/** The segments of an entry's path. Throws ImageProblem for one that leaves the layer or is too long. */
export function segmentsOf(path: string): readonly string[] {
  if (path.includes("\0") || Buffer.byteLength(path) > PATH_BYTES_MAX) throw broken("a path is too long or no path");
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  for (const segment of segments) {
    if (segment === "..") throw broken(`${path} leaves its layer`);
    if (Buffer.byteLength(segment) > NAME_BYTES_MAX) throw broken("a name has more than 255 bytes");
  }
  return segments;
}

/** As the kernel walks a path from a root: `..` stays in it. */
function withinRoot(path: string): readonly string[] {
  const walked: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") walked.pop();
    else if (segment !== "" && segment !== ".") walked.push(segment);
  }
  return walked;
}
