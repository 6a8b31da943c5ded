/** Time that stands still until a test moves it on. */
import type { Clock, Timer } from "../clock.ts";

export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 31, 12);
  readonly #timers = new Map<object, { readonly at: number; readonly fire: () => void }>();

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const key = {};
    this.#timers.set(key, { at: this.#now + delayMs, fire });
    const cancel = (): void => void this.#timers.delete(key);
    return { cancel, [Symbol.dispose]: cancel };
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves time on and fires what falls due, earliest first. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [due] = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].fire();
    }
    this.#now = until;
  }
}
