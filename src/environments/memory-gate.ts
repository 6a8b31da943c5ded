/**
 * Lets environments start only while the machine has memory for them, so that the kernel's killer never has to choose.
 * Starts in progress count with their estimate until they are measured by the machine itself. A start that does not fit
 * first asks for idle environments to be given up, then waits its turn, then is refused. Functions take turns; in a full
 * line the function with most waiters gives way.
 */
import { type Clock, TurnQueue } from "../base/index.ts";
import { MEMORY_RESERVE_MB, MEMORY_WAIT_MS, MEMORY_WAITERS_MAX } from "./limits.ts";

/** The machine cannot take another environment now. */
export class CapacityExceeded extends Error {
  override readonly name = "CapacityExceeded";

  constructor() {
    super("there is not enough free memory on this machine, or files to open, for another execution environment");
  }
}

export interface MemoryGateOptions {
  readonly clock: Clock;
  /** Memory that new processes may use, MiB. */
  availableMb(): number;
  /** Ends an idle environment to make room; false when there is none. */
  giveUpIdle(): boolean;
  readonly waitMs?: number;
}

interface Waiter {
  readonly needMb: number;
  readonly admit: () => void;
  readonly refuse: () => void;
}

export class MemoryGate {
  readonly #options: MemoryGateOptions;
  #startingMb = 0;
  readonly #waiters = new TurnQueue<Waiter>();

  constructor(options: MemoryGateOptions) {
    this.#options = options;
  }

  /** True while nothing waits and `needMb` more would fit. */
  fits(needMb: number): boolean {
    return this.#waiters.size === 0 && this.#options.availableMb() - this.#startingMb - needMb >= MEMORY_RESERVE_MB;
  }

  /**
   * Resolves when a start of `functionArn` of this size may begin, with the function to call when it is over. Throws
   * CapacityExceeded, or the signal's reason when that is aborted first.
   */
  async enter(functionArn: string, needMb: number, signal: AbortSignal): Promise<() => void> {
    if (this.fits(needMb)) this.#startingMb += needMb;
    else await this.#wait(functionArn, needMb, signal);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#startingMb -= needMb;
      this.recheck();
    };
  }

  /** To be called when memory may have become free. */
  recheck(): void {
    for (;;) {
      const first = this.#waiters.peek();
      if (first === undefined) return;
      if (this.#options.availableMb() - this.#startingMb - first.needMb < MEMORY_RESERVE_MB) {
        this.#options.giveUpIdle();
        return;
      }
      this.#waiters.take();
      first.admit();
    }
  }

  #wait(functionArn: string, needMb: number, signal: AbortSignal): Promise<void> {
    if (this.#waiters.size >= MEMORY_WAITERS_MAX) {
      const other = this.#waiters.giveWayTo(functionArn);
      if (other === undefined) return Promise.reject(new CapacityExceeded());
      other.refuse();
    }
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", abort);
        this.#waiters.remove(functionArn, waiter);
      };
      const refuse = (): void => {
        stopWaiting();
        reject(new CapacityExceeded());
      };
      const abort = (): void => {
        stopWaiting();
        reject(signal.reason);
      };
      const timer = this.#options.clock.schedule(this.#options.waitMs ?? MEMORY_WAIT_MS, refuse);
      const waiter: Waiter = {
        needMb,
        refuse,
        admit: () => {
          stopWaiting();
          this.#startingMb += needMb;
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiters.add(functionArn, waiter);
      this.recheck();
    });
  }
}
