/**
 * Concurrency as AWS counts it: what a function has provisioned belongs to its alias or version, what it has reserved
 * beyond that to the rest of the function; all functions without a reservation share what the others leave of their account
 * and region. What runs counts by the settings of now, not of its start: a function that gets a reservation while it runs
 * has used it up already, and what it runs beyond it counts as shared. Invariants: a slot is taken before an environment is
 * asked for and given back exactly once; nothing starts beyond any limit.
 */
import type { Place } from "../wire/index.ts";
import { AnsweredSlots } from "./answered-slots.ts";

/** AWS's ThrottleReason values that concurrency gives. */
export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded";

/** What a function has for itself. */
export interface ConcurrencyClaim {
  /** 0 turns the function off. */
  readonly reserved: number | undefined;
  /** Sum of all provisioned concurrency of the function. */
  readonly provisionedTotal: number;
}

export interface ConcurrencyDemand extends Place, ConcurrencyClaim {
  readonly functionArn: string;
  /** Number of the version that runs. */
  readonly version: string;
  /** What serves this invocation first, when it is not all in use. */
  readonly provisioned: { readonly key: string; readonly requested: number } | undefined;
  /** What all functions of the account and region have reserved or provisioned for themselves. */
  readonly claimed: number;
  /** Environments that the version may have at once. */
  readonly maxEnvironments: number | undefined;
}

/** A taken slot: what it counts in. */
export interface Slot {
  readonly of: Running;
  readonly version: string;
  /** The setting of provisioned concurrency that it uses. */
  readonly provisioned: string | undefined;
  /** What the function ran when it was taken, this one included; and of that, in the same provisioned concurrency. */
  readonly running: number;
  readonly runningProvisioned: number;
}

/** What all functions of an account and region run, and what of it is beyond their own claims. */
interface Pool {
  total: number;
  shared: number;
  readonly answered: AnsweredSlots;
}

/** What one function runs. */
class Running {
  readonly functionArn: string;
  readonly answered = new AnsweredSlots();
  readonly #pool: Pool;
  readonly #byVersion = new Map<string, number>();
  readonly #byProvisioned = new Map<string, number>();
  #total = 0;
  #provisioned = 0;
  #claim: ConcurrencyClaim = { reserved: undefined, provisionedTotal: 0 };
  #shared = 0;

  constructor(functionArn: string, pool: Pool) {
    this.functionArn = functionArn;
    this.#pool = pool;
  }

  get total(): number {
    return this.#total;
  }

  /** Beyond what is provisioned. */
  get onDemand(): number {
    return this.#total - this.#provisioned + Math.max(0, this.#provisioned - this.#claim.provisionedTotal);
  }

  ofVersion(version: string): number {
    return this.#byVersion.get(version) ?? 0;
  }

  ofProvisioned(key: string): number {
    return this.#byProvisioned.get(key) ?? 0;
  }

  claim(claim: ConcurrencyClaim): void {
    this.#claim = claim;
    this.#share();
  }

  count({ version, provisioned }: Pick<Slot, "version" | "provisioned">, difference: 1 | -1): void {
    this.#total += difference;
    this.#pool.total += difference;
    add(this.#byVersion, version, difference);
    if (provisioned !== undefined) {
      this.#provisioned += difference;
      add(this.#byProvisioned, provisioned, difference);
    }
    this.#share();
  }

  /** Its invocation has answered, and its function goes on. */
  addAnswered(): void {
    this.answered.add();
    this.#pool.answered.add();
  }

  removeAnswered(): void {
    this.answered.remove();
    this.#pool.answered.remove();
  }

  #share(): void {
    const { reserved, provisionedTotal } = this.#claim;
    const own = reserved === undefined ? 0 : Math.max(0, reserved - provisionedTotal);
    const shared = Math.max(0, this.onDemand - own);
    this.#pool.shared += shared - this.#shared;
    this.#shared = shared;
  }
}

export class Concurrency {
  readonly #accountLimit: number;
  /** By account and region. */
  readonly #pools = new Map<string, Pool>();
  /** Functions that run, by ARN. */
  readonly #running = new Map<string, Running>();

  constructor(accountLimit: number) {
    this.#accountLimit = accountLimit;
  }

  /** Takes a slot, or says why there is none. */
  take(demand: ConcurrencyDemand): Slot | ThrottleReason {
    const { functionArn, version, provisioned, reserved, provisionedTotal, claimed, maxEnvironments } = demand;
    const pool = this.#poolOf(demand);
    const of = this.#running.get(functionArn) ?? new Running(functionArn, pool);
    of.claim(demand);
    const uses = provisioned !== undefined && of.ofProvisioned(provisioned.key) < provisioned.requested;
    if (!uses) {
      if (reserved !== undefined && of.onDemand >= reserved - provisionedTotal) {
        return "ReservedFunctionConcurrentInvocationLimitExceeded";
      }
      if (reserved === undefined && pool.shared >= this.#accountLimit - claimed) {
        return "ConcurrentInvocationLimitExceeded";
      }
    }
    // A reservation that is set while others use all that there is begins when they end.
    if (pool.total >= this.#accountLimit) return "ConcurrentInvocationLimitExceeded";
    if (maxEnvironments !== undefined && of.ofVersion(version) >= maxEnvironments) {
      return "ConcurrentInvocationLimitExceeded";
    }
    const counted = { version, provisioned: uses ? provisioned.key : undefined };
    of.count(counted, 1);
    this.#running.set(functionArn, of);
    const runningProvisioned = uses ? of.ofProvisioned(provisioned.key) : 0;
    return { ...counted, of, running: of.total, runningProvisioned };
  }

  giveBack(slot: Slot): void {
    const { of } = slot;
    of.count(slot, -1);
    if (of.total === 0) this.#running.delete(of.functionArn);
  }

  /** Gives back a slot whose invocation has answered, when its function is `done`. */
  giveBackAfter(slot: Slot, done: Promise<void>): Promise<void> {
    slot.of.addAnswered();
    return done.then(() => {
      this.giveBack(slot);
      slot.of.removeAnswered();
    });
  }

  /** Slots that may soon be had by whoever was refused for `reason`. */
  answeredFor(demand: Place & { readonly functionArn: string }, reason: ThrottleReason): AnsweredSlots | undefined {
    if (reason === "ConcurrentInvocationLimitExceeded") return this.#poolOf(demand).answered;
    return this.#running.get(demand.functionArn)?.answered;
  }

  /** The settings of a function have changed; what it runs counts by them from now on. */
  claim(functionArn: string, claim: ConcurrencyClaim): void {
    this.#running.get(functionArn)?.claim(claim);
  }

  #poolOf({ accountId, region }: Place): Pool {
    const name = `${accountId}/${region}`;
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const pool = { total: 0, shared: 0, answered: new AnsweredSlots() };
    this.#pools.set(name, pool);
    return pool;
  }
}

function add(counts: Map<string, number>, key: string, difference: number): void {
  const next = (counts.get(key) ?? 0) + difference;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
