/** Trace headers for invocations that come without one, in X-Ray's form. */
import type { Clock, Random } from "../base/index.ts";

const ROOT_BYTES = 12;
const PARENT_BYTES = 8;

/** `Root=1-{epoch seconds, 8 hex}-{24 hex};Parent={16 hex};Sampled=0`. */
export function newTrace(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.now() / 1000)
    .toString(16)
    .padStart(8, "0");
  const hex = random.hex(ROOT_BYTES + PARENT_BYTES);
  return `Root=1-${seconds}-${hex.slice(0, 2 * ROOT_BYTES)};Parent=${hex.slice(2 * ROOT_BYTES)};Sampled=0`;
}
