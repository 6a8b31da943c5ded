/**
 * A folder whose files and folders, those that are made in it later, are open to every user who can reach it, whatever their
 * maker's umask says: by a default access list of POSIX.
 */
import { hasErrorCode } from "../errors.ts";
import { cString, libc } from "./libc.ts";

const VERSION = 2;
const EVERYTHING = 7;
const NOBODY_NAMED = 0xffff_ffff;
/** The owner, the group, the others. */
const TAGS = [0x01, 0x04, 0x20];

/** Where the file system keeps no access lists, nothing changes. */
export function setDefaultAccess(folder: string): void {
  const list = Buffer.alloc(4 + TAGS.length * 8);
  list.writeUInt32LE(VERSION, 0);
  for (const [at, tag] of TAGS.entries()) {
    list.writeUInt16LE(tag, 4 + at * 8);
    list.writeUInt16LE(EVERYTHING, 6 + at * 8);
    list.writeUInt32LE(NOBODY_NAMED, 8 + at * 8);
  }
  try {
    libc("setxattr", [cString(folder), cString("system.posix_acl_default"), list, BigInt(list.length), 0]);
  } catch (error) {
    if (!hasErrorCode(error, "EOPNOTSUPP", "ENOTSUP", "EPERM", "EACCES")) throw error;
  }
}
