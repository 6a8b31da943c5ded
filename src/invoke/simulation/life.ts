/**
 * One life of a server: from its start to its end or its crash. Everything that a server waits for goes through its life,
 * so that after a crash nothing of it ever goes on: its timers are gone, and what it called never answers.
 */
import { type Clock, sleep, type Timer } from "../../base/index.ts";
import { StoreUnavailable } from "../../store/index.ts";
import type { Faults } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { FaultPoint } from "./plan.ts";

const OPERATIONS_AT_ONCE = 5000;

export class Life implements Clock {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #faults: Faults;
  readonly #latencyMs: number;
  readonly #onCrash: () => void;
  readonly #timers = new Set<Timer>();
  #over = false;
  #busyAt = 0;
  #operations = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly ledger: Ledger;
    readonly faults: Faults;
    readonly latencyMs: number;
    readonly onCrash: () => void;
  }) {
    this.#clock = options.clock;
    this.#ledger = options.ledger;
    this.#faults = options.faults;
    this.#latencyMs = options.latencyMs;
    this.#onCrash = options.onCrash;
  }

  get isOver(): boolean {
    return this.#over;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  schedule(delayMs: number, fire: () => void): Timer {
    if (this.#over) return { cancel: nothing, [Symbol.dispose]: nothing };
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      fire();
    });
    this.#timers.add(timer);
    const cancel = (): void => {
      this.#timers.delete(timer);
      timer.cancel();
    };
    return { cancel, [Symbol.dispose]: cancel };
  }

  end(): void {
    this.#over = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /**
   * Carries out one operation of a port with its latency and the fault that waits for it. `touched` hears of a fault
   * first. Never settles once the life is over.
   */
  async operate<T>(point: FaultPoint, commit: () => Promise<T>, touched: () => void = nothing): Promise<T> {
    await this.#notEndless();
    const fault = this.#faults.take(point);
    if (fault !== undefined) {
      this.#ledger.note("fault", `${point} ${fault.mode}`);
      this.#ledger.disturb();
      touched();
    }
    await this.pause(fault?.mode === "slow" ? fault.ms : this.#latencyMs);
    if (fault?.mode === "fail-before") throw new StoreUnavailable("io-error", `simulated: ${point} before`);
    if (fault?.mode === "crash-before") await this.#crash();
    const result = await commit();
    if (fault?.mode === "crash-after") await this.#crash();
    await this.pause(this.#latencyMs);
    if (fault !== undefined) this.#ledger.disturb();
    if (fault?.mode === "fail-after") throw new StoreUnavailable("io-error", `simulated: ${point} after`);
    return result;
  }

  async pause(ms: number): Promise<void> {
    if (ms > 0 && !this.#over) await sleep(this, ms);
    if (this.#over) await forever();
  }

  /** Whoever works on and on without time passing is stopped, or the history would never end. */
  async #notEndless(): Promise<void> {
    if (this.#clock.now() !== this.#busyAt) this.#operations = 0;
    this.#busyAt = this.#clock.now();
    this.#operations += 1;
    if (this.#operations <= OPERATIONS_AT_ONCE) return;
    if (this.#operations === OPERATIONS_AT_ONCE + 1) {
      this.#ledger.violate("comes-to-rest", `${OPERATIONS_AT_ONCE} operations at one moment`);
    }
    await forever();
  }

  async #crash(): Promise<void> {
    if (!this.#over) this.#onCrash();
    await forever();
  }
}

function forever(): Promise<never> {
  return new Promise(nothing);
}

function nothing(): void {
  // A timer that was never set needs no cancelling, and nobody answers after a crash.
}
