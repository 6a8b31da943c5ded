/**
 * Slots whose invocations have answered while their functions are not yet done, and who waits for one of them. AWS holds a
 * slot until the function is done, too, but its callers are never back before that. Invariant: nobody waits for longer than
 * asked, and no more wait than there are such slots.
 */
import type { Clock } from "../base/index.ts";

export class AnsweredSlots {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  add(): void {
    this.#count += 1;
  }

  /** One has been given back; whoever waits for the longest may take it. */
  remove(): void {
    this.#count -= 1;
    const [first] = this.#waiting;
    first?.();
  }

  /** Resolves when one is given back, or after `limitMs`; undefined when there is none beside those that others wait for. */
  next(limitMs: number, clock: Clock): Promise<void> | undefined {
    if (this.#count <= this.#waiting.size) return undefined;
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel();
        this.#waiting.delete(go);
        resolve();
      };
      const timer = clock.schedule(limitMs, go);
      this.#waiting.add(go);
    });
  }
}
