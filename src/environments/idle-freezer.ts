/**
 * Lets environments stand still between invocations, as AWS freezes them: what a function leaves running burns no CPU and
 * no timer of it fires. An environment is frozen only after it was idle for a while, so that a caller who comes back at once
 * never pays for it. One timer for all, and none while nobody is idle.
 */
import type { Clock, Timer } from "../base/index.ts";
import { FREEZE_AFTER_MS, FREEZES_PER_TURN_MAX } from "./limits.ts";

export interface Freezable {
  freeze(): void;
}

export class IdleFreezer {
  readonly #clock: Clock;
  readonly #afterMs: number;
  /** When each became idle, monotonic; the oldest first. */
  readonly #idle = new Map<Freezable, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock, afterMs: number = FREEZE_AFTER_MS) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  /** It is idle from now on; `freeze` is called later unless it is forgotten before. */
  watch(environment: Freezable): void {
    this.#idle.set(environment, this.#clock.monotonicMs());
    this.#timer ??= this.#clock.schedule(this.#afterMs, () => this.#freezeOldest());
  }

  forget(environment: Freezable): void {
    this.#idle.delete(environment);
  }

  #freezeOldest(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonicMs();
    let frozen = 0;
    for (const [environment, sinceMs] of this.#idle) {
      const waitMs = sinceMs + this.#afterMs - now;
      if (waitMs > 0 || frozen === FREEZES_PER_TURN_MAX) {
        this.#timer = this.#clock.schedule(Math.max(1, waitMs), () => this.#freezeOldest());
        return;
      }
      this.#idle.delete(environment);
      environment.freeze();
      frozen += 1;
    }
  }
}
