/**
 * How many environments start at once. Starting is the machine's work, so more at a time only makes each slower, and the
 * server deaf meanwhile. A slot is free again when its start is over, or when it has shown that it waits for something else
 * than the machine. First come, first served.
 */
import type { Clock } from "../base/index.ts";
import { START_SLOT_HELD_MS } from "./limits.ts";

export class StartSlots {
  readonly #clock: Clock;
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(slots: number, clock: Clock) {
    this.#free = slots;
    this.#clock = clock;
  }

  /**
   * Resolves when a start may begin, with the function to call when it is over. Rejects with the signal's reason when that
   * is aborted first.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      timer.cancel();
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next();
    };
    const timer = this.#clock.schedule(START_SLOT_HELD_MS, leave);
    return leave;
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        this.#waiting.delete(enter);
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}
