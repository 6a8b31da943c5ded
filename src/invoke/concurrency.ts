/**
 * Concurrency as AWS counts it: a function with reserved concurrency has exactly that much; all others of an account and
 * region share what the reservations leave. Invariant: a slot is taken before an environment is asked for and given back
 * exactly once.
 */
import type { Place } from "../wire/index.ts";

/** AWS's ThrottleReason values that concurrency gives. */
export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded";

export interface ConcurrencyDemand extends Place {
  readonly functionArn: string;
  /** 0 turns the function off. */
  readonly reserved: number | undefined;
  /** Sum of all reservations of the account and region. */
  readonly reservedTotal: number;
}

export class Concurrency {
  readonly #accountLimit: number;
  /** Running invocations by function ARN, and unreserved ones by account and region. */
  readonly #running = new Map<string, number>();

  constructor(accountLimit: number) {
    this.#accountLimit = accountLimit;
  }

  /** Takes a slot, or says why there is none. Give it back with the same `demand`. */
  take(demand: ConcurrencyDemand): ThrottleReason | undefined {
    const { reserved, functionArn } = demand;
    if (reserved !== undefined) {
      if (this.#count(functionArn) >= reserved) return "ReservedFunctionConcurrentInvocationLimitExceeded";
      this.#add(functionArn, 1);
      return undefined;
    }
    const pool = poolOf(demand);
    if (this.#count(pool) >= this.#accountLimit - demand.reservedTotal) return "ConcurrentInvocationLimitExceeded";
    this.#add(pool, 1);
    return undefined;
  }

  giveBack(demand: ConcurrencyDemand): void {
    this.#add(demand.reserved === undefined ? poolOf(demand) : demand.functionArn, -1);
  }

  #count(key: string): number {
    return this.#running.get(key) ?? 0;
  }

  #add(key: string, difference: number): void {
    const next = this.#count(key) + difference;
    if (next === 0) this.#running.delete(key);
    else this.#running.set(key, next);
  }
}

function poolOf(place: Place): string {
  return `${place.accountId}/${place.region}`;
}
