/**
 * The environments of one revision of one function version: which is used next, and who waits for one. The most recently
 * used idle one goes first, so that the others may grow old and end.
 */
import type { Clock } from "../base/index.ts";
import type { Environment } from "./environment.ts";
import { SETTLE_WAIT_MS } from "./limits.ts";
import type { FunctionVersion } from "./types.ts";

export class VersionPool {
  readonly version: FunctionVersion;
  /** Set when a newer revision has taken over: nothing stays idle any more. */
  retired = false;
  readonly all = new Set<Environment>();
  readonly #clock: Clock;
  /** Least recently used first. */
  readonly #idle: Environment[] = [];
  readonly #waiting = new Set<(environment: Environment) => void>();

  constructor(version: FunctionVersion, clock: Clock) {
    this.version = version;
    this.#clock = clock;
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

  /** An environment that has answered and is about to be free is worth a short wait; a new one costs more. */
  async takeSettling(): Promise<Environment | undefined> {
    let settling = 0;
    for (const { state } of this.all) if (state.kind === "busy" && state.answered) settling += 1;
    if (settling <= this.#waiting.size) return undefined;
    return new Promise((resolve) => {
      const take = (environment: Environment | undefined): void => {
        timer.cancel();
        this.#waiting.delete(take);
        resolve(environment);
      };
      const timer = this.#clock.schedule(SETTLE_WAIT_MS, () => take(undefined));
      this.#waiting.add(take);
    });
  }

  /** Gives a free environment to whoever waits, else keeps it as the most recently used. */
  free(environment: Environment): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#idle.push(environment);
    else first(environment);
  }

  remove(environment: Environment): void {
    this.all.delete(environment);
    const index = this.#idle.indexOf(environment);
    if (index !== -1) this.#idle.splice(index, 1);
  }
}
