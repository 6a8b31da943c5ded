/**
 * How many environments start at once. Starting is the machine's work, so more at a time only makes each slower, and the
 * server deaf meanwhile. A slot is free again when its start is over, or when it has shown that it waits for something else
 * than the machine. Functions take turns; the starts of one come in order; in a full line the longest gives way.
 */
import { type Clock, TurnQueue } from "../base/index.ts";
import { START_SLOT_HELD_MS, START_WAITERS_MAX } from "./limits.ts";
import { CapacityExceeded } from "./memory-gate.ts";

interface Waiter {
  readonly weight: () => number;
  readonly enter: (taken: number) => void;
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
  async enter(functionArn: string, signal: AbortSignal, weight: () => number = () => 1): Promise<() => void> {
    const taken = this.#free > 0 ? this.#take(weight) : await this.#wait(functionArn, signal, weight);
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      timer.cancel();
      this.#free += taken;
      while (this.#free > 0) {
        const next = this.#waiting.take();
        if (next === undefined) return;
        next.enter(this.#take(next.weight));
      }
    };
    const timer = this.#clock.schedule(START_SLOT_HELD_MS, leave);
    return leave;
  }

  /** The last start may take more than is free: no start is too heavy for ever. */
  #take(weight: () => number): number {
    const taken = weight();
    this.#free -= taken;
    return taken;
  }

  #wait(functionArn: string, signal: AbortSignal, weight: () => number): Promise<number> {
    if (this.#waiting.size >= START_WAITERS_MAX) {
      const other = this.#waiting.giveWayTo(functionArn);
      if (other === undefined) return Promise.reject(new CapacityExceeded());
      other.refuse();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        weight,
        enter: (taken) => {
          signal.removeEventListener("abort", abort);
          resolve(taken);
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
