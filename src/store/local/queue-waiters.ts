/**
 * Receivers that wait for a message, per queue, first come first served, and one alarm per queue for its next due moment.
 * Nobody polls: a waiter is woken by a commit that may have made a message deliverable, or by the alarm.
 */
import type { Clock } from "../../base/index.ts";
import { Alarm } from "./alarm.ts";

interface Waiting {
  readonly wakes: Set<() => void>;
  readonly alarm: Alarm;
}

export class QueueWaiters implements Disposable {
  readonly #clock: Clock;
  readonly #queues = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a message may be deliverable, at the latest at `nextDueAt`, or when `ended` does. */
  async wait(queue: string, nextDueAt: number | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const waiting = this.#waiting(queue);
    let wake = (): void => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      waiting.wakes.add(wake);
      signal.addEventListener("abort", wake, { once: true });
      waiting.alarm.notLaterThan(nextDueAt);
    });
    signal.removeEventListener("abort", wake);
    waiting.wakes.delete(wake);
    this.#tidy(queue, waiting);
  }

  /** A message of `queue` became or becomes deliverable at `dueAt`. */
  deliverable(queue: string, dueAt: number): void {
    const waiting = this.#queues.get(queue);
    if (waiting === undefined) return;
    if (dueAt > this.#clock.now()) waiting.alarm.notLaterThan(dueAt);
    else this.#wakeOne(waiting);
  }

  [Symbol.dispose](): void {
    for (const waiting of this.#queues.values()) {
      waiting.alarm.cancel();
      for (const wake of waiting.wakes) wake();
    }
    this.#queues.clear();
  }

  #waiting(queue: string): Waiting {
    const known = this.#queues.get(queue);
    if (known !== undefined) return known;
    const wakes = new Set<() => void>();
    // Several messages may be due at the same moment, and only a look tells how many.
    const alarm = new Alarm(this.#clock, () => {
      for (const wake of [...wakes]) wake();
    });
    const waiting = { wakes, alarm };
    this.#queues.set(queue, waiting);
    return waiting;
  }

  #wakeOne({ wakes }: Waiting): void {
    for (const wake of wakes) {
      wakes.delete(wake);
      wake();
      return;
    }
  }

  #tidy(queue: string, waiting: Waiting): void {
    if (waiting.wakes.size > 0 || this.#queues.get(queue) !== waiting) return;
    waiting.alarm.cancel();
    this.#queues.delete(queue);
  }
}
