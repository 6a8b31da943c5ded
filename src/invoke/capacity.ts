/**
 * Whose concurrency a function's asynchronous events take, and how much there is: the function's own where it has reserved
 * or provisioned some, else what all functions of its account and region share. A hint for how many events to take from
 * queues at a time; the dispatcher decides on each invocation.
 */
import type { FunctionDirectory } from "../lambda/index.ts";
import type { FunctionInPlace } from "./async-engine.ts";
import { BOUNDS } from "./limits.ts";
import type { SlotPool } from "./queue-drain.ts";

export function capacityOf(
  directory: Pick<FunctionDirectory, "resolve" | "claimedConcurrency">,
  accountConcurrency: number,
): (target: FunctionInPlace) => SlotPool {
  return (target) => {
    const { accountId, region } = target;
    const resolution = directory.resolve(target);
    // What may not run or is gone has only to be ended.
    const ending = { name: `${accountId}/${region} ending`, limit: BOUNDS.drainEnding };
    if (resolution.kind !== "resolved" || resolution.reservedConcurrency === 0) return ending;
    const { version, reservedConcurrency, provisionedTotal } = resolution;
    if (reservedConcurrency !== undefined) return { name: version.functionArn, limit: reservedConcurrency };
    const shared = Math.max(accountConcurrency - directory.claimedConcurrency(target), 1);
    if (provisionedTotal > 0) return { name: version.functionArn, limit: shared + provisionedTotal };
    return { name: `${accountId}/${region}`, limit: shared };
  };
}
