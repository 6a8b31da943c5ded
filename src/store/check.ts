/** The argument checks that all adapters share: a bad argument is the caller's bug and never reaches a disk. */
import { STORE_LIMITS } from "./limits.ts";

/** Throws RangeError unless `name` is well-formed, without NUL, and 1 to `nameBytesMax` bytes. */
export function checkName(what: string, name: string): void {
  if (name.length === 0) throw new RangeError(`${what} is empty`);
  checkPrefix(what, name);
}

/** Like checkName, but the empty string is fine: it stands for everything. */
export function checkPrefix(what: string, prefix: string): void {
  if (!prefix.isWellFormed() || prefix.includes("\0")) throw new RangeError(`${what} is not well-formed text`);
  const size = Buffer.byteLength(prefix);
  if (size > STORE_LIMITS.nameBytesMax) {
    throw new RangeError(`${what} has ${size} bytes; at most ${STORE_LIMITS.nameBytesMax} are allowed`);
  }
}

/** Throws RangeError unless `sizeBytes` is at most `max`. */
export function checkSize(what: string, sizeBytes: number, max: number): void {
  if (sizeBytes > max) throw new RangeError(`${what} has ${sizeBytes} bytes; at most ${max} are allowed`);
}

/** Throws RangeError unless `value` is an integer in [min, max]. */
export function checkInteger(what: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${what} is ${value}; it must be an integer from ${min} to ${max}`);
  }
}

/** Milliseconds as a whole number, rounded up. Throws RangeError when negative, not finite or beyond 10 years. */
export function checkDuration(what: string, durationMs: number): number {
  const rounded = Math.ceil(durationMs);
  checkInteger(what, rounded, 0, STORE_LIMITS.durationMsMax);
  return rounded;
}
