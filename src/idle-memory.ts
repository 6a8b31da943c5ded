/**
 * Gives memory back to the operating system when the server has gone quiet. Start-up and bursts leave garbage that V8 keeps
 * until it needs the room, which an idle server never does, nor one that only waits for functions. One collection per quiet
 * spell; no timer while nothing happens.
 */
import { type Clock, collectGarbage, type Timer } from "./base/index.ts";

/** Of a loop that is in use for less than this a collection stops next to nobody, whatever else goes on. */
const WAITING_UTILIZATION_MAX = 0.05;

export interface IdleMemoryOptions {
  readonly clock: Clock;
  /** Without a request for this long the server counts as quiet, in milliseconds. */
  readonly quietMs: number;
  /** True while something is worked at, however long ago it was asked for. */
  readonly busy: () => boolean;
  /** The part of the time since it was last called that the event loop was in use, 0 to 1. */
  readonly utilization: () => number;
  /** Does the collection. */
  readonly collect: () => void;
}

export class IdleMemory implements Disposable {
  readonly #options: IdleMemoryOptions;
  #touchedMs: number;
  #timer: Timer | undefined;

  /** The start counts as activity. */
  constructor(options: IdleMemoryOptions) {
    this.#options = options;
    this.#touchedMs = options.clock.monotonicMs();
    this.touch();
  }

  /** Something was asked of the server. */
  touch(): void {
    this.#touchedMs = this.#options.clock.monotonicMs();
    if (this.#timer === undefined) this.#waitFor(this.#options.quietMs);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #waitFor(delayMs: number): void {
    const { clock, quietMs, busy, utilization, collect } = this.#options;
    this.#timer = clock.schedule(delayMs, () => {
      const leftMs = this.#touchedMs + quietMs - clock.monotonicMs();
      const used = utilization();
      if (leftMs > 0) {
        this.#waitFor(leftMs);
        return;
      }
      if (used >= WAITING_UTILIZATION_MAX && busy()) {
        this.#waitFor(quietMs);
        return;
      }
      this.#timer = undefined;
      collect();
    });
  }
}

/** Measures the event loop that it is called in. */
export function loopUtilization(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

/** V8's most thorough collection, which also shrinks the heap; takes tens of milliseconds. */
export function collectAndShrink(): void {
  collectGarbage("all");
}
