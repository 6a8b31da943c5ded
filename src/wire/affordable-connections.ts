/**
 * How many connections a server may hold so that descriptors are left for its own work: clients must not bring it to where
 * it can open nothing any more and answer nobody.
 */
import { openFilesMax } from "../base/index.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

/** Of all that the process may open. */
const SHARE = 0.5;

export function affordableConnections(): number {
  const files = openFilesMax() ?? Number.POSITIVE_INFINITY;
  return Math.min(DEFAULT_LIMITS.connectionsMax, Math.floor(files * SHARE));
}
