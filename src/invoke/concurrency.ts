/**
 * Concurrency as AWS counts it: what a function has provisioned belongs to its alias or version, what it has reserved
 * beyond that to the rest of the function; all functions without a reservation share what the others leave of their account
 * and region. Invariant: a slot is taken before an environment is asked for and given back exactly once.
 */
import type { Place } from "../wire/index.ts";

/** AWS's ThrottleReason values that concurrency gives. */
export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded";

export interface ConcurrencyDemand extends Place {
  readonly functionArn: string;
  /** Number of the version that runs. */
  readonly version: string;
  /** 0 turns the function off. */
  readonly reserved: number | undefined;
  /** What serves this invocation first, when it is not all in use. */
  readonly provisioned: { readonly key: string; readonly requested: number } | undefined;
  /** Sum of all provisioned concurrency of the function. */
  readonly provisionedTotal: number;
  /** What all functions of the account and region have reserved or provisioned for themselves. */
  readonly claimed: number;
  /** Environments that the version may have at once. */
  readonly maxEnvironments: number | undefined;
}

/** A taken slot: the counters that it raised. */
export interface Slot {
  readonly counters: readonly string[];
}

export class Concurrency {
  readonly #accountLimit: number;
  /** Running invocations by what they count against. */
  readonly #running = new Map<string, number>();

  constructor(accountLimit: number) {
    this.#accountLimit = accountLimit;
  }

  /** Takes a slot, or says why there is none. */
  take(demand: ConcurrencyDemand): Slot | ThrottleReason {
    const shared = this.#counterWithRoom(demand);
    if (!("counter" in shared)) return shared.reason;
    const counters = [shared.counter];
    if (demand.maxEnvironments !== undefined) {
      const ofVersion = `${demand.functionArn}:${demand.version}:environments`;
      if (this.#count(ofVersion) >= demand.maxEnvironments) return "ConcurrentInvocationLimitExceeded";
      counters.push(ofVersion);
    }
    for (const counter of counters) this.#add(counter, 1);
    return { counters };
  }

  giveBack({ counters }: Slot): void {
    for (const counter of counters) this.#add(counter, -1);
  }

  #counterWithRoom(demand: ConcurrencyDemand): { readonly counter: string } | { readonly reason: ThrottleReason } {
    const { functionArn, provisioned, reserved, provisionedTotal } = demand;
    if (provisioned !== undefined) {
      const counter = `${functionArn}:${provisioned.key}`;
      if (this.#count(counter) < provisioned.requested) return { counter };
    }
    if (reserved !== undefined) {
      return this.#count(functionArn) < reserved - provisionedTotal
        ? { counter: functionArn }
        : { reason: "ReservedFunctionConcurrentInvocationLimitExceeded" };
    }
    const counter = `${demand.accountId}/${demand.region}`;
    return this.#count(counter) < this.#accountLimit - demand.claimed
      ? { counter }
      : { reason: "ConcurrentInvocationLimitExceeded" };
  }

  #count(counter: string): number {
    return this.#running.get(counter) ?? 0;
  }

  #add(counter: string, difference: number): void {
    const next = this.#count(counter) + difference;
    if (next === 0) this.#running.delete(counter);
    else this.#running.set(counter, next);
  }
}
