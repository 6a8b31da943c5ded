/**
 * How many files this process, and what it starts, may open. A server needs several per sandbox, and a sandbox may not be
 * given more than its server may have: shells and services often start programs with less.
 */
import { libc } from "./libc.ts";

const RLIMIT_NOFILE = 7;
const LIMIT_BYTES = 16;
const INFINITY = 2n ** 64n - 1n;

/** Raises the limit to `wanted` where that is allowed; returns the limit that holds then. Never lowers it. */
export function raiseOpenFiles(wanted: number): number {
  const limit = Buffer.alloc(LIMIT_BYTES);
  libc("getrlimit", [RLIMIT_NOFILE, limit]);
  const hard = limit.readBigUInt64LE(8);
  if (hard === INFINITY || hard >= BigInt(wanted)) return Number(hard);
  limit.writeBigUInt64LE(BigInt(wanted), 0);
  limit.writeBigUInt64LE(BigInt(wanted), 8);
  return libc("setrlimit", [RLIMIT_NOFILE, limit], ["EPERM"]) === -1 ? Number(hard) : wanted;
}
