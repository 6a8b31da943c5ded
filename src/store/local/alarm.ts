/**
 * One timer for the earliest of many moments: set to the nearest, moved only when a nearer one comes. Nothing is set when
 * nothing is due, so an idle store costs no CPU.
 */
import type { Clock, Timer } from "../../base/index.ts";

/** The longest sleep: a step of the wall clock is noticed at least this soon. */
const SLEEP_MS_MAX = 60_000;

export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: Timer | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` (epoch milliseconds) or earlier; undefined asks for nothing. */
  notLaterThan(at: number | undefined): void {
    if (at === undefined || at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    this.#sleep();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  #sleep(): void {
    const delayMs = Math.min(Math.max(this.#at - this.#clock.now(), 0), SLEEP_MS_MAX);
    this.#timer = this.#clock.schedule(delayMs, () => {
      if (this.#clock.now() < this.#at) {
        this.#sleep();
        return;
      }
      this.cancel();
      this.#ring();
    });
  }
}
