/**
 * Version records that a crash left between the write of a version and that of its function's head: nobody sees them, and
 * they are removed once it is sure that no publish is still on its way to name them.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import type { Records } from "../store/index.ts";
import type { Directory } from "./directory.ts";
import { BOUNDS } from "./limits.ts";

export function removeOrphansLater(options: {
  readonly records: Records;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Log;
}): Timer | undefined {
  const { records, directory, clock, log } = options;
  const suspects = new Set(directory.orphanedVersions());
  if (suspects.size === 0) return undefined;
  return clock.schedule(BOUNDS.orphanGraceMs, () => {
    for (const key of directory.orphanedVersions()) {
      if (!suspects.has(key)) continue;
      records.delete(key).catch((error: unknown) => log.warn("a leftover version was not removed", { key, error }));
    }
  });
}
