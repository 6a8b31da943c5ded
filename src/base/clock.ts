/**
 * Time as a dependency: everything that reads the clock or waits gets a Clock from the composition root, so tests run on
 * a simulated one. Nothing outside src/base calls Date.now, setTimeout or performance.now for behaviour that a test may
 * want to steer.
 */

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. */
  now(): number;
  /** Monotonic time in milliseconds with sub-millisecond fractions; for durations only. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`. The returned timer never keeps the process alive. */
  schedule(delayMs: number, fire: () => void): Timer;
}

export interface Timer extends Disposable {
  /** Cancels the timer; harmless when it has fired already. */
  cancel(): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    handle.unref();
    const cancel = (): void => clearTimeout(handle);
    return { cancel, [Symbol.dispose]: cancel };
  },
};

/** Resolves after `delayMs` on `clock`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Resolves after `delayMs` on `clock`, or as soon as `signal` is aborted. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(clock, delayMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
