/**
 * The environments of one revision of one function version, and of one tenant where tenants are isolated: which is used next, and who waits for one. The most recently
 * used idle one goes first, so that the others may grow old and end.
 */
import type { Clock } from "../base/index.ts";
import type { Environment } from "./environment.ts";
import { INIT_TIMEOUT_MS, PROVISIONED_INIT_TIMEOUT_MS } from "./limits.ts";
import type { FunctionVersion, InitializationType } from "./types.ts";

export interface FreeWait {
  readonly environment: Promise<Environment>;
  /** Waits no more; returns the environment if one was given already, which then must be used. */
  cancel(): Environment | undefined;
}

export interface VersionPoolOptions {
  /** What functions see as AWS_LAMBDA_INITIALIZATION_TYPE. */
  readonly initializationType?: InitializationType;
  /** An environment has left the pool. */
  readonly onRemoved?: () => void;
}

export class VersionPool {
  readonly version: FunctionVersion;
  readonly initializationType: InitializationType;
  /** Set when a newer revision has taken over: nothing stays idle any more. */
  retired = false;
  readonly all = new Set<Environment>();
  /** Invocations for which an environment is looked for or made. */
  expecting = 0;
  /** What a start takes of the start slots, as the last one was. */
  startWeight = 1;
  /** Least recently used first. */
  readonly #idle: Environment[] = [];
  readonly #waiting = new Set<(environment: Environment) => void>();

  readonly #onRemoved: (() => void) | undefined;

  constructor(version: FunctionVersion, options: VersionPoolOptions = {}) {
    this.version = version;
    this.initializationType = options.initializationType ?? "on-demand";
    this.#onRemoved = options.onRemoved;
  }

  /** Limit of an init ahead of the first invocation, milliseconds: longer where nobody waits for it. */
  get initTimeoutMs(): number {
    if (this.initializationType === "on-demand") return INIT_TIMEOUT_MS;
    return Math.max(PROVISIONED_INIT_TIMEOUT_MS, this.version.timeoutMs);
  }

  get idle(): readonly Environment[] {
    return this.#idle;
  }

  /** Peak memory of any environment so far, MiB; 0 before the first measurement. */
  get peakMemoryMb(): number {
    let peak = 0;
    for (const environment of this.all) peak = Math.max(peak, environment.peakMemoryMb);
    return peak;
  }

  takeIdle(): Environment | undefined {
    return this.#idle.pop();
  }

  /** True when more environments have answered and are about to be free than invocations wait for one. */
  get settles(): boolean {
    let settling = 0;
    for (const { state } of this.all) if (state.kind === "busy" && state.answered) settling += 1;
    return settling > this.#waiting.size;
  }

  /** The next environment that becomes free; undefined when that takes too long. */
  freeWithin(limitMs: number, clock: Clock): Promise<Environment | undefined> {
    return new Promise((resolve) => {
      const take = (environment: Environment): void => {
        timer.cancel();
        resolve(environment);
      };
      const timer = clock.schedule(limitMs, () => {
        this.#waiting.delete(take);
        resolve(undefined);
      });
      this.#waiting.add(take);
    });
  }

  /** Waits for the next environment that becomes free, until cancelled. */
  waitForFree(): FreeWait {
    let given: Environment | undefined;
    let wake: (environment: Environment) => void = () => undefined;
    const environment = new Promise<Environment>((resolve) => {
      wake = resolve;
    });
    const take = (free: Environment): void => {
      given = free;
      wake(free);
    };
    this.#waiting.add(take);
    return {
      environment,
      cancel: () => {
        this.#waiting.delete(take);
        return given;
      },
    };
  }

  /** Gives a free environment to whoever waits, else keeps it as the most recently used. */
  free(environment: Environment): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#idle.push(environment);
    else {
      this.#waiting.delete(first);
      first(environment);
    }
  }

  remove(environment: Environment): void {
    this.all.delete(environment);
    const index = this.#idle.indexOf(environment);
    if (index !== -1) this.#idle.splice(index, 1);
    this.#onRemoved?.();
  }
}
