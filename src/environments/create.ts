/**
 * Pools of execution environments for a server's function versions. Chooses an environment for each
 * invocation, and ends those that are not needed; how one is made is environment-starts.ts, what happens inside one
 * environment.ts. Knows nothing of who invokes, of AWS's wire formats, or of how isolation is done.
 *
 * The warm path is: find the pool, pop an idle environment, write one frame. Everything else is background.
 */
import { Environment } from "./environment.ts";
import { EnvironmentStarts, SHUTTING_DOWN } from "./environment-starts.ts";
import { ENVIRONMENT_AGE_MAX_MS, IDLE_MS, SETTLE_WAIT_MS, SHUTDOWN_MS, SPARE_REFILL_DELAY_MS } from "./limits.ts";
import type { EnvironmentsOptions } from "./options.ts";
import { ProvisionedEnvironments } from "./provisioned.ts";
import { statusOf } from "./status.ts";
import type {
  Allocation,
  EnvironmentStatus,
  Environments,
  FunctionVersion,
  InvocationRequest,
  InvocationResult,
  ProvisionedTarget,
} from "./types.ts";
import { VersionPool } from "./version-pool.ts";
import { WarmAhead } from "./warm-ahead.ts";

export function createEnvironments(options: EnvironmentsOptions): Environments {
  return new EnvironmentPools(options);
}

class EnvironmentPools implements Environments {
  readonly #options: EnvironmentsOptions;
  readonly #starts: EnvironmentStarts;
  readonly #provisioned: ProvisionedEnvironments;
  readonly #ahead: WarmAhead | undefined;
  readonly #idleMs: number;
  readonly #ageMaxMs: number;
  readonly #pools = new Map<string, VersionPool>();
  readonly #keys = new WeakMap<VersionPool, string>();
  #sweeping = false;
  #disposed = false;

  constructor(options: EnvironmentsOptions) {
    const { clock, log, settings = {} } = options;
    this.#options = options;
    this.#idleMs = settings.idleMs ?? IDLE_MS;
    this.#ageMaxMs = settings.ageMaxMs ?? ENVIRONMENT_AGE_MAX_MS;
    this.#starts = new EnvironmentStarts(options, {
      giveUpIdle: () => this.#giveUpIdle(),
      onMade: () => this.#watchAge(),
      onFree: (pool, environment) => this.#freed(pool, environment),
      onEnded: (pool, environment) => {
        pool.remove(environment);
        this.#dropIfEmpty(pool);
      },
    });
    this.#provisioned = new ProvisionedEnvironments({
      clock,
      log,
      ageMaxMs: this.#ageMaxMs,
      start: (pool) => this.#startAhead(pool),
      end: (environment) => this.#starts.end(environment),
    });
    if (settings.sparesPerRuntimeMax !== 0) {
      this.#ahead = new WarmAhead({
        clock,
        log,
        hasRoom: () => this.#starts.hasRoom,
        start: (pool) => this.#startAhead(pool),
        end: (environment) => this.#starts.end(environment),
      });
    }
  }

  invoke(version: FunctionVersion, request: InvocationRequest): Promise<InvocationResult> {
    // What is kept ready has no tenant yet, and never gets a second one.
    const isolated = version.tenantIsolation !== undefined;
    const ready = isolated ? undefined : this.#provisioned.take(version, request.invokedFunctionArn);
    if (ready instanceof Environment) return this.#use(ready, request);
    return ready === undefined
      ? this.#invokeOnDemand(version, request)
      : ready.then((free) => (free?.isFree ? this.#use(free, request) : this.#invokeOnDemand(version, request)));
  }

  provision(functionArn: string, targets: readonly ProvisionedTarget[]): void {
    this.#provisioned.provision(functionArn, targets);
  }

  allocation(functionArn: string, qualifier: string): Allocation | undefined {
    return this.#provisioned.allocation(functionArn, qualifier);
  }

  expect(version: FunctionVersion): void {
    const { log, onExpected } = this.#options;
    void this.#starts.prepare(version).then(onExpected, (error: unknown) => {
      // The first invocation meets the same obstacle and tells its caller.
      log.debug("cannot prepare for a function", { function: version.functionArn, error });
    });
  }

  retire(functionArn: string, current: readonly string[]): void {
    for (const pool of this.#pools.values()) {
      const { version } = pool;
      if (version.functionArn !== functionArn) continue;
      pool.retired = !current.includes(version.revisionId);
      if (!pool.retired) continue;
      for (const environment of [...pool.idle]) this.#starts.end(environment);
      this.#dropIfEmpty(pool);
    }
  }

  list(): readonly EnvironmentStatus[] {
    return statusOf(this.#starts.spares, this.#allPools());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#provisioned.dispose();
    this.#ahead?.[Symbol.dispose]();
    const all = this.#allPools().flatMap((pool) => [...pool.all]);
    const ends = Promise.all([this.#starts.dispose(), ...all.map((environment) => environment.end("spindown"))]);
    const { clock, log } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(SHUTDOWN_MS, () => {
        log.warn("some execution environments did not end in time");
        resolve();
      });
      const done = (): void => {
        timer.cancel();
        resolve();
      };
      ends.then(done, (error: unknown) => {
        log.error("an execution environment did not end cleanly", { error });
        done();
      });
    });
  }

  #allPools(): VersionPool[] {
    return [...this.#pools.values(), ...this.#provisioned.pools()];
  }

  #invokeOnDemand(version: FunctionVersion, request: InvocationRequest): Promise<InvocationResult> {
    const pool = this.#pool(version, request.tenantId);
    const idle = pool.takeIdle();
    if (idle === undefined) return this.#invokeElsewhere(pool, request);
    if (idle.invocations === 0) this.#grew(pool);
    return this.#use(idle, request);
  }

  /** Tenants have pools of their own, so that no environment ever serves two. */
  #pool(version: FunctionVersion, tenantId: string | undefined): VersionPool {
    const key = `${version.functionArn}:${version.version}:${version.revisionId}${poolSuffix(version, tenantId)}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = new VersionPool(version);
    this.#pools.set(key, pool);
    this.#keys.set(pool, key);
    return pool;
  }

  /** Runs it in a free environment. One whose process was lost needs the machine as a new one does. */
  #use(environment: Environment, request: InvocationRequest): Promise<InvocationResult> {
    return environment.state.kind === "broken" ? this.#runAgain(environment, request) : environment.run(request);
  }

  async #runAgain(environment: Environment, request: InvocationRequest): Promise<InvocationResult> {
    let leave: () => void;
    try {
      leave = await this.#starts.admitAgain(environment);
    } catch (error) {
      environment.giveBack();
      throw error;
    }
    if (environment.isFree) return environment.run(request, leave);
    leave();
    throw new Error(SHUTTING_DOWN);
  }

  /** No environment is free. The pool stays meanwhile, or what is made for it would belong to nobody. */
  async #invokeElsewhere(pool: VersionPool, request: InvocationRequest): Promise<InvocationResult> {
    if (this.#disposed) throw new Error(SHUTTING_DOWN);
    pool.expecting += 1;
    try {
      return await this.#invokeInNext(pool, request);
    } finally {
      pool.expecting -= 1;
      this.#dropIfEmpty(pool);
    }
  }

  /** The next environment that is free serves, or a new one, whichever comes first. */
  async #invokeInNext(pool: VersionPool, request: InvocationRequest): Promise<InvocationResult> {
    const { clock } = this.#options;
    const beganMs = clock.monotonicMs();
    if (pool.settles) {
      const settled = await pool.freeWithin(SETTLE_WAIT_MS, clock);
      if (settled?.isFree) return this.#use(settled, request);
    }
    const wait = pool.waitForFree();
    const change = new AbortController();
    const admission = this.#starts.admitNew(pool, change.signal).then(
      (leave) => ({ leave }),
      (refusal: unknown) => ({ leave: undefined, refusal }),
    );
    await Promise.race([wait.environment, admission]);
    const free = wait.cancel();
    if (free?.isFree) {
      change.abort();
      void admission.then(({ leave }) => leave?.());
      return this.#use(free, request);
    }
    const admitted = await admission;
    if (admitted.leave === undefined) throw admitted.refusal;
    return this.#runInNew(pool, request, beganMs, admitted.leave);
  }

  async #runInNew(
    pool: VersionPool,
    request: InvocationRequest,
    beganMs: number,
    leave: () => void,
  ): Promise<InvocationResult> {
    // Making the next spare takes the machine from whoever waits for this start, so it comes after the answer.
    if (pool.all.size > 0 || pool.expecting > 1) this.#grew(pool);
    const fillSpares = this.#starts.spares.hold();
    const timer = this.#options.clock.schedule(SPARE_REFILL_DELAY_MS, fillSpares);
    try {
      const environment = await this.#starts.start(pool, beganMs).finally(leave);
      return await this.#use(environment, request);
    } finally {
      setImmediate(() => {
        timer.cancel();
        fillSpares();
      });
    }
  }

  /** One that no invocation waits for. */
  async #startAhead(pool: VersionPool): Promise<Environment> {
    const beganMs = this.#options.clock.monotonicMs();
    pool.expecting += 1;
    try {
      const leave = await this.#starts.admitNew(pool, new AbortController().signal);
      const fillSpares = this.#starts.spares.hold();
      return await this.#starts.start(pool, beganMs).finally(() => {
        leave();
        fillSpares();
      });
    } finally {
      pool.expecting -= 1;
      this.#dropIfEmpty(pool);
    }
  }

  /** No environment of a tenant is made before that calls. */
  #grew(pool: VersionPool): void {
    if (pool.version.tenantIsolation === undefined) this.#ahead?.grew(pool);
  }

  #freed(pool: VersionPool, environment: Environment): void {
    const old = this.#options.clock.now() - environment.createdMs >= this.#ageMaxMs;
    if (pool.retired || old || this.#disposed) this.#starts.end(environment);
    else {
      pool.free(environment);
      this.#starts.recheck();
    }
  }

  #dropIfEmpty(pool: VersionPool): void {
    if (pool.all.size > 0 || pool.expecting > 0) return;
    const key = this.#keys.get(pool);
    if (key !== undefined) this.#pools.delete(key);
  }

  /** Ends the environment that has been idle for longest. */
  #giveUpIdle(): boolean {
    let oldest: Environment | undefined;
    for (const { idle } of this.#pools.values()) {
      const [first] = idle;
      if (first !== undefined && first.since < (oldest?.since ?? Number.POSITIVE_INFINITY)) oldest = first;
    }
    if (oldest === undefined) return false;
    this.#starts.end(oldest);
    return true;
  }

  /** One timer for all, and none while there is nothing to watch. */
  #watchAge(): void {
    if (this.#sweeping || this.#disposed) return;
    this.#sweeping = true;
    const everyMs = Math.max(20, Math.min(30_000, this.#idleMs / 4));
    this.#options.clock.schedule(everyMs, () => {
      this.#sweeping = false;
      this.#sweep();
      if (this.#starts.count > 0 || this.#starts.spares.size > 0) this.#watchAge();
    });
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    for (const pool of this.#pools.values()) {
      for (const environment of [...pool.idle]) {
        const expired = now - environment.since >= this.#idleMs || now - environment.createdMs >= this.#ageMaxMs;
        if (expired) this.#starts.end(environment);
      }
    }
    this.#provisioned.sweep();
    this.#starts.spares.sweep();
    this.#starts.recheck();
  }
}

function poolSuffix({ tenantIsolation, functionArn }: FunctionVersion, tenantId: string | undefined): string {
  if (tenantIsolation === undefined) return "";
  if (tenantId === undefined) throw new Error(`${functionArn} isolates tenants and was invoked for none`);
  return ` ${tenantId}`;
}
