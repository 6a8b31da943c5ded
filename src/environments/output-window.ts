/**
 * How much a function may write to its log at once: a budget of bytes per window of time, in which small events cost more
 * than their bytes. Who spends it waits; the function's pipe fills and the function waits too, so nothing is lost and no
 * neighbour pays.
 */
import type { Clock } from "../base/index.ts";
import { OUTPUT_BYTES_PER_WINDOW, OUTPUT_EVENT_COST_BYTES, OUTPUT_WINDOW_MS } from "./limits.ts";

export class OutputWindow {
  readonly #clock: Clock;
  #startMs: number;
  #cost = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** Call before a chunk is taken apart, so that the time this takes counts too. */
  enter(): void {
    if (this.#clock.monotonicMs() - this.#startMs >= OUTPUT_WINDOW_MS) this.#open();
  }

  /** Counts what the chunk held, in bytes and events (log events, or frames of any kind). A returned promise asks to read no further until it resolves. */
  spend(bytes: number, events: number): Promise<void> | undefined {
    this.#cost += bytes + events * OUTPUT_EVENT_COST_BYTES;
    if (this.#cost < OUTPUT_BYTES_PER_WINDOW) return undefined;
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs;
    // However slow the machine is, half of its time is for others.
    const waitMs = Math.max(OUTPUT_WINDOW_MS - elapsedMs, OUTPUT_WINDOW_MS / 2);
    return new Promise((resolve) => {
      this.#clock.schedule(waitMs, () => {
        this.#open();
        resolve();
      });
    });
  }

  #open(): void {
    this.#cost = 0;
    this.#startMs = this.#clock.monotonicMs();
  }
}
