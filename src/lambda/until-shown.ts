/** Waits for this node's own writes. Apart from the handlers' tools, which load the client package for refusals. */
import type { Clock, Log } from "../base/index.ts";
import { BOUNDS } from "./limits.ts";

/**
 * Read-your-writes: waits until this node's snapshot, which follows the store, shows what was written. Not for ever: then it
 * logs `behind`, and what reads the snapshot is late.
 */
export async function untilShown(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  snapshot: { until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T> },
  isShown: () => boolean,
  behind: string,
): Promise<void> {
  const limit = new AbortController();
  using _timer = clock.schedule(BOUNDS.snapshotWaitMs, () => limit.abort(new Error("the snapshot is behind")));
  await snapshot
    .until(() => (isShown() ? true : undefined), limit.signal)
    .catch((error: unknown) => log.warn(behind, { error }));
}
