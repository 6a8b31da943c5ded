/**
 * How many messages of one queue run at the same time. Grows while messages wait, as Lambda's own pollers do, so that slow
 * functions soon run as wide as their concurrency allows; but where a wider window ends no more messages per second
 * (the machine's processors are busy), it goes back to what was as fast, instead of starting environments for nothing.
 * Invariant: at least 1.
 */
import { BOUNDS } from "./limits.ts";

/** A doubled window must end this much more per second to be kept. */
const GAIN = 1.25;

export class DrainWindow {
  #size: number = BOUNDS.drainWindowFirst;
  #ended = 0;
  #since = 0;
  #before: { readonly size: number; readonly rate: number } | undefined;
  #heldUntil = 0;

  get size(): number {
    return this.#size;
  }

  /** A message has ended. */
  ended(): void {
    this.#ended += 1;
  }

  /** The window is full and messages wait: what ends from now on is measured. */
  full(now: number): void {
    this.#ended = 0;
    this.#since = now;
  }

  /** A while after `full`, and it still was: decides on the size. */
  review(now: number): void {
    if (now < this.#heldUntil) return;
    const rate = this.#ended / Math.max(now - this.#since, 1);
    const before = this.#before;
    const isMeasured = this.#ended > this.#size;
    if (before !== undefined && isMeasured && rate < before.rate * GAIN) {
      this.#size = before.size;
      this.#before = undefined;
      this.#heldUntil = now + BOUNDS.drainWindowHoldMs;
      return;
    }
    this.#before = { size: this.#size, rate };
    this.#size = Math.min(this.#size * 2, BOUNDS.drainWindowMax);
  }

  /** There was no room for more than `running` at the same time. */
  refused(running: number): void {
    this.#size = Math.max(1, Math.min(this.#size, running));
    this.#before = undefined;
  }
}
