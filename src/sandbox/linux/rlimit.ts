/** Resource limits of a running process, which its later children inherit. */
import { libc } from "./libc.ts";

const RLIMIT_NOFILE = 7;

/** Open files per process, soft and hard. */
export function setOpenFilesLimit(pid: number, count: number): void {
  const limit = Buffer.alloc(16);
  limit.writeBigUInt64LE(BigInt(count), 0);
  limit.writeBigUInt64LE(BigInt(count), 8);
  libc("prlimit", [pid, RLIMIT_NOFILE, limit, null]);
}
