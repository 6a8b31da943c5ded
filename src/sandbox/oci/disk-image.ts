/**
 * The file system of an empty /tmp, made once per size and kept as the few blocks of it that are written: some hundred
 * kilobytes, in memory that threads share.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ftruncateSync, mkdirSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BoundedMap, UserError } from "../../base/index.ts";
import { helperEnv, runHelper } from "../helper.ts";
import { libc } from "../linux/libc.ts";
import { withFile } from "../linux/mounts.ts";

export interface DiskImage {
  /** Of the whole disk. */
  readonly size: number;
  /** What of it is written. */
  readonly blocks: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** Everybody may write already. */
  readonly isOpen: boolean;
}

const BLOCK = 4096;
const BYTES_PER_INODE = 16_384;
const MIB = 2 ** 20;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/** Different sizes in use at once are few. */
const IMAGES_MAX = 32;

export class DiskImages {
  readonly #folder: string;
  readonly #images = new BoundedMap<number, Promise<DiskImage>>(IMAGES_MAX);
  #next = 0;

  /** `folder` holds files for an instant only. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The same image for the same size. */
  of(sizeMb: number): Promise<DiskImage> {
    const known = this.#images.get(sizeMb);
    if (known !== undefined) return known;
    const made = this.#make(sizeMb);
    this.#images.set(sizeMb, made);
    made.catch(() => this.#images.delete(sizeMb));
    return made;
  }

  async #make(sizeMb: number): Promise<DiskImage> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `image-${sizeMb}-${this.#next++}`);
    const size = imageBytes(sizeMb);
    try {
      withFile(path, "wx+", (fd) => ftruncateSync(fd, size));
      await makeExt4(path);
      const isOpen = await openImage(path);
      return { size, blocks: withFile(path, "r", writtenBlocks), isOpen };
    } finally {
      rmSync(path, { force: true });
    }
  }
}

/** The file system keeps some 4 % for itself (inode tables, reserved clusters): added, so that users get the whole size. */
function imageBytes(sizeMb: number): number {
  return Math.ceil(sizeMb * 1.04 + 1) * MIB;
}

/** No journal: the disk is thrown away with its sandbox. */
async function makeExt4(path: string): Promise<void> {
  const features = "^has_journal,^resize_inode";
  const args = [
    "-q",
    "-F",
    "-b",
    String(BLOCK),
    "-m",
    "0",
    "-i",
    String(BYTES_PER_INODE),
    "-O",
    features,
    "-E",
    "lazy_itable_init=1,nodiscard",
    path,
  ];
  const child = spawn("mkfs.ext4", args, { stdio: ["ignore", "ignore", "pipe"], env: helperEnv() });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 2000);
  });
  const [code]: readonly (number | null)[] = await once(child, "close");
  if (code !== 0) throw new UserError("sandbox-tmp-failed", `mkfs.ext4 failed: ${complaint.trim()}`);
}

const OPEN_COMMANDS = "rmdir lost+found\nset_inode_field <2> mode 041777\n";

/** Lets everybody write, in the image itself; false where that program is missing or fails. */
async function openImage(path: string): Promise<boolean> {
  const { code } = await runHelper("debugfs", ["-w", "-f", "-", path], OPEN_COMMANDS);
  return code === 0;
}

/** The file's data without its holes. */
function writtenBlocks(fd: number): DiskImage["blocks"] {
  const found: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  for (let end = 0; ; ) {
    const at = libc("lseek", [fd, BigInt(end), SEEK_DATA], ["ENXIO"]);
    if (at === -1) return found;
    end = libc("lseek", [fd, BigInt(at), SEEK_HOLE]);
    const bytes = new Uint8Array(new SharedArrayBuffer(end - at));
    readSync(fd, bytes, 0, bytes.length, at);
    found.push({ at, bytes });
  }
}
