/**
 * /tmp of the configured size: a sparse ext4 file on a loop device. Not a tmpfs, because its pages would count against the
 * function's memory. The file system is made once per size; a new disk is a copy of its few written blocks, and its file
 * is unlinked as soon as it is mounted, so nothing remains of it but the mount.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { BoundedMap, UserError } from "../../base/index.ts";
import { helperEnv, runHelper } from "../helper.ts";
import { libc } from "../linux/libc.ts";
import { withLoopDevice } from "../linux/loop.ts";
import { type DetachedMount, makeExt4Mount, withFile } from "../linux/mounts.ts";

const BLOCK = 4096;
const BYTES_PER_INODE = 16_384;
const MIB = 2 ** 20;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/** Different sizes in use at once are few; each template is some hundred kilobytes. */
const TEMPLATES_MAX = 32;

interface Template {
  /** What of the image is written. */
  readonly blocks: readonly { readonly at: number; readonly bytes: Buffer }[];
  /** Everybody may write already. */
  readonly isOpen: boolean;
}

export class TmpDisks {
  readonly #folder: string;
  readonly #templates = new BoundedMap<number, Promise<Template>>(TEMPLATES_MAX);
  #next = 0;

  /** `folder` holds files for an instant only. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Makes ready for disks of this size. */
  prepare(sizeMb: number): Promise<Template> {
    const known = this.#templates.get(sizeMb);
    if (known !== undefined) return known;
    const made = this.#makeTemplate(sizeMb);
    this.#templates.set(sizeMb, made);
    made.catch(() => this.#templates.delete(sizeMb));
    return made;
  }

  /** A fresh, empty disk, world-writable and sticky, mounted but placed nowhere yet. */
  async make(sizeMb: number): Promise<DetachedMount> {
    const template = await this.prepare(sizeMb);
    return this.#withDisk(sizeMb, (fd) => {
      for (const { at, bytes } of template.blocks) writeSync(fd, bytes, 0, bytes.length, at);
      const disk = withLoopDevice(fd, makeExt4Mount);
      return template.isOpen ? disk : opened(disk);
    });
  }

  async #makeTemplate(sizeMb: number): Promise<Template> {
    const path = join(this.#folder, `template-${sizeMb}-${this.#next++}`);
    try {
      withFile(path, "wx+", (fd) => ftruncateSync(fd, imageBytes(sizeMb)));
      await makeExt4(path);
      const isOpen = await openImage(path);
      return { blocks: withFile(path, "r", writtenBlocks), isOpen };
    } finally {
      rmSync(path, { force: true });
    }
  }

  #withDisk<T>(sizeMb: number, use: (fd: number) => T): T {
    const path = join(this.#folder, `disk-${this.#next++}`);
    const fd = openSync(path, "wx+", 0o600);
    try {
      rmSync(path);
      ftruncateSync(fd, imageBytes(sizeMb));
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Lets everybody write, in the image itself; false where that program is missing or fails. */
async function openImage(path: string): Promise<boolean> {
  const { code } = await runHelper("debugfs", ["-w", "-f", "-", path], OPEN_COMMANDS);
  return code === 0;
}

const OPEN_COMMANDS = "rmdir lost+found\nset_inode_field <2> mode 041777\n";

/**
 * Lets everybody write, where the image could not be changed. On each disk and not on the template: a mounted template could be caught in the mount namespace of
 * a sandbox that is just being made, and would then be copied before its changes are written.
 */
function opened(disk: DetachedMount): DetachedMount {
  try {
    rmdirSync(`${disk.root}/lost+found`);
    chmodSync(`${disk.root}/.`, 0o1777);
    return disk;
  } catch (error) {
    disk.close();
    throw error;
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

/** The file's data without its holes. */
function writtenBlocks(fd: number): Template["blocks"] {
  const found: { readonly at: number; readonly bytes: Buffer }[] = [];
  for (let end = 0; ; ) {
    const at = libc("lseek", [fd, BigInt(end), SEEK_DATA], ["ENXIO"]);
    if (at === -1) return found;
    end = libc("lseek", [fd, BigInt(at), SEEK_HOLE]);
    const bytes = Buffer.alloc(end - at);
    readSync(fd, bytes, 0, bytes.length, at);
    found.push({ at, bytes });
  }
}
