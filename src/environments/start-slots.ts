/**
 * How many environments start at once. Starting is the machine's work, so more at a time only makes each slower, and the
 * server deaf meanwhile. A slot is free again when its start is over, or when it has shown that it waits for something else
 * than the machine. Functions take turns; the starts of one come in order; in a full line the longest gives way.
 */
import { type Clock, TurnQueue } from "../base/index.ts";
import { START_SLOT_HELD_MS, START_WAITERS_MAX } from "./limits.ts";
import { CapacityExceeded } from "./memory-gate.ts";

interface Waiter {
  readonly enter: () => void;
  readonly refuse: () => void;
}

export class StartSlots {
  readonly #clock: Clock;
  #free: number;
  readonly #waiting = new TurnQueue<Waiter>();

  constructor(slots: number, clock: Clock) {
    this.#free = slots;
    this.#clock = clock;
  }

  /**
   * Resolves when a start of `functionArn` may begin, with the function to call when it is over. Rejects with the signal's
   * reason when that is aborted first, and with CapacityExceeded when the line is full.
   */
  async enter(functionArn: string, signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(functionArn, signal);
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      timer.cancel();
      const next = this.#waiting.take();
      if (next === undefined) this.#free += 1;
      else next.enter();
    };
    const timer = this.#clock.schedule(START_SLOT_HELD_MS, leave);
    return leave;
  }

  #wait(functionArn: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= START_WAITERS_MAX) {
      const other = this.#waiting.giveWayTo(functionArn);
      if (other === undefined) return Promise.reject(new CapacityExceeded());
      other.refuse();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        enter: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
        refuse: () => {
          signal.removeEventListener("abort", abort);
          reject(new CapacityExceeded());
        },
      };
      const abort = (): void => {
        this.#waiting.remove(functionArn, waiter);
        reject(signal.reason);
      };
      this.#waiting.add(functionArn, waiter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}
