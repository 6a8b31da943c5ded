/**
 * Time for simulations: it stands still while anything can run, and then jumps to the next timer. Timers fire one by one,
 * by their time and, at the same time, in the order in which they were set; between two of them everything that became
 * able to run runs to its end. So one seed gives one history, and hours pass in no time.
 */
import type { Clock, Timer } from "../clock.ts";

interface Entry {
  readonly at: number;
  readonly fire: () => void;
}

export class SimulatedClock implements Clock {
  readonly startedAt = Date.UTC(2026, 0, 31, 12);
  #now = this.startedAt;
  readonly #timers = new Set<Entry>();

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now - this.startedAt;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, delayMs), fire };
    this.#timers.add(entry);
    const cancel = (): void => void this.#timers.delete(entry);
    return { cancel, [Symbol.dispose]: cancel };
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** When the next timer fires; undefined when none is set. */
  get nextAt(): number | undefined {
    return this.#next()?.at;
  }

  /** Resolves when nothing can run any more without time passing. */
  async settle(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (process.getActiveResourcesInfo().includes("Immediate"));
  }

  /** Moves time on to `at`, timer by timer. */
  async advanceTo(at: number): Promise<void> {
    await this.settle();
    for (let next = this.#next(); next !== undefined && next.at <= at; next = this.#next()) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await this.settle();
    }
    this.#now = Math.max(this.#now, at);
  }

  /** The earliest timer; of several the one that was set first, which a Set keeps first. */
  #next(): Entry | undefined {
    let earliest: Entry | undefined;
    for (const entry of this.#timers) if (earliest === undefined || entry.at < earliest.at) earliest = entry;
    return earliest;
  }
}
