/** The machine's time, with leaps: for real processes, which take the time they take, and waits that nobody sits out. */
import { type Clock, systemClock, type Timer } from "../clock.ts";

interface Entry {
  readonly at: number;
  readonly timer: Timer;
  readonly fire: () => void;
}

export class LeapingClock implements Clock {
  #leaptMs = 0;
  readonly #entries = new Set<Entry>();

  now(): number {
    return systemClock.now() + this.#leaptMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#leaptMs;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const cancel = (): void => {
      entry.timer.cancel();
      this.#entries.delete(entry);
    };
    const fireOnce = (): void => {
      cancel();
      fire();
    };
    const entry = { at: this.monotonicMs() + delayMs, timer: systemClock.schedule(delayMs, fireOnce), fire: fireOnce };
    this.#entries.add(entry);
    return { cancel, [Symbol.dispose]: cancel };
  }

  /** Moves time on and fires what falls due, earliest first; what those set fires no earlier than after their delay from now. */
  leap(ms: number): void {
    this.#leaptMs += ms;
    const due = [...this.#entries].filter(({ at }) => at <= this.monotonicMs()).sort((a, b) => a.at - b.at);
    for (const entry of due) if (this.#entries.has(entry)) entry.fire();
  }
}
