/**
 * Decides from a zip's directory alone what unpacking it would make, or that it must not be unpacked. Pure: knows neither
 * files nor streams. Invariant: carrying out a plan never touches anything outside of the target folder, because no entry
 * lies below a file or a link, no path occurs twice, and every link ends inside.
 */
import { isUtf8 } from "node:buffer";
import type { Entry } from "yauzl";
import { BOUNDS } from "./limits.ts";

/** `empty` and `too-large` have texts of their own at AWS. */
export type ZipProblem = "unreadable" | "empty" | "too-large";

/** The upload is not a zip that Lambda takes. */
export class ZipRejected extends Error {
  override readonly name = "ZipRejected";
  readonly problem: ZipProblem;

  constructor(problem: ZipProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

export interface PlannedFile {
  /** Relative, normalised, `/`-separated. */
  readonly path: string;
  readonly entry: Entry;
  /** Permission bits; readable by all, executable where the zip says so, never set-uid. */
  readonly mode: number;
}

export interface ZipPlan {
  /** Parents before children. */
  readonly folders: readonly string[];
  readonly files: readonly PlannedFile[];
  /** Symbolic links; where they lead is known only after reading them, see `linkEndsInside`. */
  readonly links: readonly PlannedFile[];
}

const TYPE_MASK = 0o170000;
const TYPE = { none: 0, regular: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const MADE_BY_UNIX = 3;
const MADE_BY_MACOS = 19;
/** Without name and extra fields, whose lengths the local header says anew. */
const LOCAL_HEADER_BYTES = 30;
/** Info-ZIP's field for a name in UTF-8 beside one in another code. */
const UNICODE_PATH = 0x7075;

export function planUnzip(entries: readonly Entry[]): ZipPlan {
  if (entries.length === 0) throw new ZipRejected("empty", "there is nothing in it");
  refuseOverlaps(entries);
  const kinds = new Map<string, "file" | "folder" | "link">();
  const files: PlannedFile[] = [];
  const links: PlannedFile[] = [];
  for (const entry of entries) {
    const kind = kindOf(entry);
    const path = normalise(nameOf(entry));
    if (path === "" && kind === "folder") continue;
    if (path === "") throw new ZipRejected("unreadable", "an entry has no name");
    const before = kinds.get(path);
    if (before !== undefined && !(before === "folder" && kind === "folder")) {
      throw new ZipRejected("unreadable", `${path} occurs twice`);
    }
    kinds.set(path, kind);
    if (kind === "folder") continue;
    checkContent(entry, path);
    (kind === "file" ? files : links).push({ path, entry, mode: modeOf(entry) });
  }
  return { folders: foldersOf(kinds), files, links };
}

/** Whether the link at `path` with text `target` ends inside the folder, when `links` are all links of the folder. */
export function linkEndsInside(path: string, target: string, links: ReadonlyMap<string, string>): boolean {
  const pending = [...parentSegments(path), ...target.split("/")].reverse();
  if (target.startsWith("/")) return false;
  const at: string[] = [];
  let hops = 0;
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(segment);
    const next = links.get(at.join("/"));
    if (next === undefined) continue;
    if (next.startsWith("/") || ++hops > BOUNDS.linkHops) return false;
    at.pop();
    pending.push(...next.split("/").reverse());
  }
  return true;
}

/** Bytes that several entries claim are how a small zip becomes a large one, or comes out of itself again. */
function refuseOverlaps(entries: readonly Entry[]): void {
  const inOrder = entries
    .map(({ relativeOffsetOfLocalHeader: start, compressedSize }) => ({
      start,
      end: start + LOCAL_HEADER_BYTES + compressedSize,
    }))
    .sort((a, b) => a.start - b.start);
  let taken = 0;
  for (const { start, end } of inOrder) {
    if (start < taken) throw new ZipRejected("unreadable", "its entries overlap");
    taken = end;
  }
}

/** Whatever the zip says of its names' code: on Lambda's own file system they are UTF-8. */
function nameOf(entry: Entry): string {
  const isUnicode = isUtf8(entry.fileNameRaw);
  if (!isUnicode && !entry.extraFields.some(({ id }) => id === UNICODE_PATH)) {
    throw new ZipRejected("unreadable", "a name is not UTF-8");
  }
  const name = isUnicode ? entry.fileNameRaw.toString("utf8") : entry.fileName;
  return name.replaceAll("\\", "/");
}

function parentSegments(path: string): string[] {
  return path.split("/").slice(0, -1);
}

function normalise(name: string): string {
  if (name.includes("\0")) throw new ZipRejected("unreadable", "a name has a NUL byte");
  if (name.startsWith("/") || /^[a-zA-Z]:/.test(name)) throw new ZipRejected("unreadable", `${name} is absolute`);
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) throw new ZipRejected("unreadable", `${name} leaves the folder`);
  const path = segments.join("/");
  const tooLong =
    Buffer.byteLength(path) > BOUNDS.zipPathBytes ||
    segments.some((segment) => Buffer.byteLength(segment) > BOUNDS.zipSegmentBytes);
  if (tooLong) throw new ZipRejected("unreadable", "a name is too long");
  return path;
}

function unixMode(entry: Entry): number | undefined {
  const system = entry.versionMadeBy >>> 8;
  return system === MADE_BY_UNIX || system === MADE_BY_MACOS ? entry.externalFileAttributes >>> 16 : undefined;
}

function kindOf(entry: Entry): "file" | "folder" | "link" {
  if (nameOf(entry).endsWith("/")) return "folder";
  switch ((unixMode(entry) ?? 0) & TYPE_MASK) {
    case TYPE.none:
    case TYPE.regular:
      return "file";
    case TYPE.folder:
      return "folder";
    case TYPE.link:
      return "link";
    default:
      throw new ZipRejected("unreadable", `${entry.fileName} is neither a file, a folder nor a link`);
  }
}

function modeOf(entry: Entry): number {
  return 0o644 | ((unixMode(entry) ?? 0) & 0o755);
}

function checkContent(entry: Entry, path: string): void {
  if (entry.isEncrypted()) throw new ZipRejected("unreadable", `${path} is encrypted`);
  if (!entry.canDecodeFileData()) throw new ZipRejected("unreadable", `${path} is compressed in an unknown way`);
}

/** Every folder that is named or implied; throws when one of them is a file or a link. */
function foldersOf(kinds: ReadonlyMap<string, "file" | "folder" | "link">): readonly string[] {
  const folders = new Set<string>();
  for (const [path, kind] of kinds) {
    if (kind === "folder") folders.add(path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (kinds.has(parent) && kinds.get(parent) !== "folder") {
        throw new ZipRejected("unreadable", `${path} lies below ${parent}, which is no folder`);
      }
      if (folders.has(parent)) break;
      folders.add(parent);
    }
  }
  return [...folders].sort();
}
