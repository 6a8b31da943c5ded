/**
 * /tmp of the configured size: a sparse ext4 file on a loop device. Not a tmpfs, because its pages would count against the
 * function's memory. A new disk is a copy of its image's few written blocks, and its file is unlinked before it is mounted,
 * so nothing remains of it but the mount.
 */
import { chmodSync, closeSync, ftruncateSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { withLoopDevice } from "../linux/loop.ts";
import { type DetachedMount, makeExt4Mount } from "../linux/mounts.ts";
import type { DiskImage } from "./disk-image.ts";

let counter = 0;

/**
 * A fresh, empty disk, world-writable and sticky, mounted but placed nowhere yet. `folder` holds its file for an instant.
 * Throws system errors.
 */
export function makeDisk(folder: string, image: DiskImage): DetachedMount {
  const path = join(folder, `disk-${threadId}-${counter++}`);
  const fd = openSync(path, "wx+", 0o600);
  try {
    rmSync(path);
    ftruncateSync(fd, image.size);
    for (const { at, bytes } of image.blocks) writeSync(fd, bytes, 0, bytes.length, at);
    const disk = withLoopDevice(fd, makeExt4Mount);
    return image.isOpen ? disk : opened(disk);
  } finally {
    closeSync(fd);
  }
}

/**
 * Lets everybody write, where the image could not be changed. On each disk and not on the image: a mounted image could be
 * caught in the mount namespace of a sandbox that is just being made, and would then be copied before its changes are
 * written.
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
