/**
 * Environments that are kept ready for aliases and versions, whether or not anybody invokes them: made ahead, never ended
 * for being idle, replaced when they end. Their pools stand apart from those on demand, so nothing else takes or ends them.
 * Knows neither why they are wanted nor how an environment is made.
 *
 * Invariant: what exists for a target is what it asks for, or on its way there, or the target says why not.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import type { Environment } from "./environment.ts";
import type { EnvironmentState } from "./lifecycle.ts";
import { PROVISION_AT_ONCE, REPLACE_DELAY_MS, SETTLE_WAIT_MS } from "./limits.ts";
import { CapacityExceeded } from "./memory-gate.ts";
import type { Allocation, FunctionVersion, ProvisionedTarget } from "./types.ts";
import { VersionPool } from "./version-pool.ts";

/** AWS's code for a function whose init failed. */
const INIT_FAILED = "FUNCTION_ERROR_INIT_FAILURE";

export interface ProvisionedOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** When an environment is old enough to be replaced, milliseconds. */
  readonly ageMaxMs: number;
  /** Makes an environment of `pool`, when the machine can take it, and initialises it. */
  start(pool: VersionPool): Promise<Environment>;
  end(environment: Environment): void;
}

interface Share {
  readonly pool: VersionPool;
  count: number;
  starting: number;
}

interface Provisioned {
  target: ProvisionedTarget;
  shares: Share[];
  /** Pools of versions that the target has left; one environment ends for each that has come in its place. */
  leaving: VersionPool[];
  failure: string | undefined;
  /** It was READY since it was set: what fails now is a replacement, and the others stay. */
  complete: boolean;
  refill: Timer | undefined;
}

export class ProvisionedEnvironments {
  readonly #options: ProvisionedOptions;
  /** By function ARN, then by qualifier and kind. */
  readonly #functions = new Map<string, Map<string, Provisioned>>();
  /** Pools that nothing asks for any more, until the last of their environments has ended. */
  readonly #released = new Set<VersionPool>();
  #disposed = false;

  constructor(options: ProvisionedOptions) {
    this.#options = options;
  }

  /** Makes `targets` all that the function has. */
  provision(functionArn: string, targets: readonly ProvisionedTarget[]): void {
    const known = this.#functions.get(functionArn);
    if (this.#disposed || (known === undefined && targets.length === 0)) return;
    const kept = known ?? new Map<string, Provisioned>();
    const wanted = new Set(targets.map(keyOf));
    for (const [key, provisioned] of kept) {
      if (wanted.has(key)) continue;
      kept.delete(key);
      provisioned.refill?.cancel();
      this.#release(poolsOf(provisioned));
    }
    for (const target of targets) this.#aim(kept, target);
    if (kept.size === 0) this.#functions.delete(functionArn);
    else this.#functions.set(functionArn, kept);
  }

  allocation(functionArn: string, qualifier: string): Allocation | undefined {
    const provisioned = this.#functions.get(functionArn)?.get(keyOf({ qualifier, kind: "provisioned-concurrency" }));
    if (provisioned === undefined) return undefined;
    const { failure } = provisioned;
    const pools = poolsOf(provisioned);
    const available = pools.reduce((sum, pool) => sum + readyIn(pool), 0);
    const allocated = pools.reduce((sum, { all }) => sum + all.size, 0);
    const done = provisioned.leaving.length === 0 && provisioned.shares.every(isFull);
    const status = failure !== undefined ? "FAILED" : done ? "READY" : "IN_PROGRESS";
    return { status, reason: failure, allocated, available };
  }

  /**
   * A free environment that is kept for this qualifier, or for the version itself; undefined when there is none, a promise
   * when one has answered and is about to be free.
   */
  take(
    { functionArn, version, revisionId }: FunctionVersion,
    invokedFunctionArn: string,
  ): Environment | Promise<Environment | undefined> | undefined {
    const kept = this.#functions.get(functionArn);
    if (kept === undefined) return undefined;
    const called = invokedFunctionArn.slice(functionArn.length + 1);
    const pools = [...kept.values()]
      .filter(({ target: { qualifier } }) => qualifier === called || qualifier === version)
      .flatMap(({ shares }) => shares.map(({ pool }) => pool))
      .filter((pool) => pool.version.version === version && pool.version.revisionId === revisionId);
    for (const pool of pools) {
      const idle = pool.takeIdle();
      if (idle !== undefined) return idle;
    }
    return pools.find((pool) => pool.settles)?.freeWithin(SETTLE_WAIT_MS, this.#options.clock);
  }

  *pools(): Iterable<VersionPool> {
    for (const kept of this.#functions.values()) {
      for (const provisioned of kept.values()) yield* poolsOf(provisioned);
    }
    yield* this.#released;
  }

  /** Ends one old environment of each share that is complete, and tries again what is missing. */
  sweep(): void {
    const oldest = this.#options.clock.now() - this.#options.ageMaxMs;
    for (const kept of this.#functions.values()) {
      for (const provisioned of kept.values()) {
        for (const { pool, count } of provisioned.shares.filter(isFull)) {
          this.#shrink(pool, count);
          const old = pool.idle.find(({ createdMs }) => createdMs <= oldest);
          if (old !== undefined) this.#options.end(old);
        }
        if (provisioned.complete) provisioned.failure = undefined;
        this.#fill(provisioned);
      }
    }
  }

  /** Makes no more; whoever disposes of this ends what is there. */
  dispose(): void {
    this.#disposed = true;
    for (const kept of this.#functions.values()) for (const { refill } of kept.values()) refill?.cancel();
  }

  #aim(kept: Map<string, Provisioned>, target: ProvisionedTarget): void {
    const known = kept.get(keyOf(target));
    if (known === undefined) {
      const fresh: Provisioned = {
        target,
        shares: [],
        leaving: [],
        failure: undefined,
        complete: false,
        refill: undefined,
      };
      kept.set(keyOf(target), fresh);
      this.#share(fresh, target);
      return;
    }
    const same = known.target.setMs === target.setMs && sameShares(known.target, target);
    known.target = target;
    if (!same) this.#share(known, target);
  }

  #share(provisioned: Provisioned, target: ProvisionedTarget): void {
    const before = provisioned.shares;
    provisioned.failure = undefined;
    provisioned.complete = false;
    provisioned.shares = target.shares.map(({ version, count }) => {
      const known = before.find(({ pool }) => pool.version.revisionId === version.revisionId);
      if (known === undefined) return { pool: this.#pool(provisioned, version, target.kind), count, starting: 0 };
      known.count = count;
      return known;
    });
    const left = before.filter((share) => !provisioned.shares.includes(share)).map(({ pool }) => pool);
    provisioned.leaving.push(...left);
    for (const { pool, count } of provisioned.shares) this.#shrink(pool, count);
    this.#fill(provisioned);
  }

  #pool(provisioned: Provisioned, version: FunctionVersion, kind: ProvisionedTarget["kind"]): VersionPool {
    const type = kind === "provisioned-concurrency" ? kind : "on-demand";
    const pool: VersionPool = new VersionPool(version, {
      initializationType: type,
      onRemoved: () => {
        if (pool.all.size === 0) this.#released.delete(pool);
        this.#refill(provisioned);
      },
    });
    return pool;
  }

  /** A moment after an environment ended, so that one that cannot live is not made without pause. */
  #refill(provisioned: Provisioned): void {
    if (this.#disposed || provisioned.refill !== undefined) return;
    provisioned.refill = this.#options.clock.schedule(REPLACE_DELAY_MS, () => {
      provisioned.refill = undefined;
      this.#fill(provisioned);
    });
  }

  /** Starts what is missing, a few at a time; each that has started goes on with the next. */
  #fill(provisioned: Provisioned): void {
    if (this.#disposed || provisioned.failure !== undefined) return;
    for (const share of provisioned.shares) {
      while (share.starting < PROVISION_AT_ONCE && !share.pool.retired && missing(share) > 0) {
        share.starting += 1;
        void this.#startOne(provisioned, share);
      }
    }
    if (!provisioned.shares.every(isFull)) return;
    provisioned.complete = true;
    this.#release(provisioned.leaving.splice(0));
  }

  async #startOne(provisioned: Provisioned, share: Share): Promise<void> {
    const { pool } = share;
    try {
      const environment = await this.#options.start(pool).finally(() => {
        share.starting -= 1;
      });
      if (environment.state.kind !== "idle") {
        this.#fail(provisioned, share, INIT_FAILED);
        this.#options.end(environment);
      } else if (pool.retired || readyIn(pool) > share.count || provisioned.failure !== undefined) {
        this.#options.end(environment);
      } else {
        pool.free(environment);
        this.#endOneLeaving(provisioned);
      }
    } catch (error) {
      if (this.#disposed) return;
      this.#options.log.warn("a provisioned environment could not be made", {
        function: pool.version.functionArn,
        qualifier: provisioned.target.qualifier,
        error,
      });
      this.#fail(provisioned, share, reasonOf(error));
    }
    this.#fill(provisioned);
  }

  /** All or nothing at first, as on the service; a replacement that fails leaves the others. */
  #fail(provisioned: Provisioned, share: Share, reason: string): void {
    if (!provisioned.shares.includes(share)) return;
    provisioned.failure = reason;
    if (provisioned.complete) return;
    for (const { pool } of provisioned.shares) this.#shrink(pool, 0);
    this.#release(provisioned.leaving.splice(0));
  }

  #endOneLeaving({ leaving }: Provisioned): void {
    const pool = leaving.find(({ all }) => all.size > 0);
    const idle = pool?.idle[0] ?? [...(pool?.all ?? [])][0];
    if (pool !== undefined && idle !== undefined) this.#shrink(pool, pool.all.size - 1);
  }

  #release(pools: readonly VersionPool[]): void {
    for (const pool of pools) {
      pool.retired = true;
      if (pool.all.size > 0) this.#released.add(pool);
      for (const environment of [...pool.idle]) this.#options.end(environment);
    }
  }

  /** Ends idle environments beyond `count`; those that run something end when a later call finds them idle. */
  #shrink(pool: VersionPool, count: number): void {
    for (const environment of [...pool.idle].slice(0, Math.max(0, pool.all.size - count)))
      this.#options.end(environment);
  }
}

function keyOf({ qualifier, kind }: Pick<ProvisionedTarget, "qualifier" | "kind">): string {
  return `${kind}:${qualifier}`;
}

function poolsOf({ shares, leaving }: Provisioned): VersionPool[] {
  return [...shares.map(({ pool }) => pool), ...leaving];
}

/** Environments whose first init is over; one that lost its process later initialises again when it is used. */
function readyIn({ all }: VersionPool): number {
  return [...all].filter(({ state }) => state.kind !== "waiting" && !isFirstInit(state)).length;
}

function isFirstInit(state: EnvironmentState): boolean {
  return state.kind === "init" && state.phase === "init";
}

function isFull({ pool, count }: Share): boolean {
  return readyIn(pool) >= count;
}

/** Environments still to be asked for. Those in their first init are among those that are starting. */
function missing({ pool, count, starting }: Share): number {
  return count - readyIn(pool) - starting;
}

function sameShares(one: ProvisionedTarget, other: ProvisionedTarget): boolean {
  return (
    one.shares.length === other.shares.length &&
    one.shares.every(({ version, count }, index) => {
      const counterpart = other.shares[index];
      return counterpart?.version.revisionId === version.revisionId && counterpart.count === count;
    })
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof CapacityExceeded) {
    return "There is not enough free memory on this machine for the requested environments.";
  }
  return error instanceof Error ? error.message : "The environments could not be made.";
}
