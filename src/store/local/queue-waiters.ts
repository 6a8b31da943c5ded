/**
 * Receivers that wait for a message, per queue, first come first served, and one alarm per queue for its next due moment.
 * Nobody polls: a receiver looks again after a commit that may have made a message deliverable, or after the alarm.
 *
 * Invariant: no wake-up is lost. A receiver is in the row before its first look, so news that come during a look are kept
 * for it, and news that it did not use up are handed to the next.
 */
import type { Clock } from "../../base/index.ts";
import { Alarm } from "./alarm.ts";

interface Row {
  readonly places: Set<Place>;
  readonly alarm: Alarm;
}

interface Place {
  hasNews: boolean;
  wake: () => void;
}

/** A receiver's place in the row of its queue. Dispose it to leave. */
export interface WaiterPlace extends Disposable {
  /** Resolves when there may be something to receive, at the latest at `nextDueAt`, or when `signal` aborts. */
  news(nextDueAt: number | undefined, signal: AbortSignal): Promise<void>;
}

export class QueueWaiters implements Disposable {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a place at the end of the row. */
  enter(queue: string): WaiterPlace {
    const row = this.#row(queue);
    const place: Place = { hasNews: false, wake: nothing };
    row.places.add(place);
    return {
      news: async (nextDueAt, signal) => {
        row.alarm.notLaterThan(nextDueAt);
        if (!place.hasNews && !signal.aborted) await sleepUntilWoken(place, signal);
        place.hasNews = false;
      },
      [Symbol.dispose]: () => {
        row.places.delete(place);
        if (place.hasNews) tellNext(row);
        if (row.places.size > 0 || this.#rows.get(queue) !== row) return;
        row.alarm.cancel();
        this.#rows.delete(queue);
      },
    };
  }

  /** A message of `queue` became or becomes deliverable at `dueAt`. */
  deliverable(queue: string, dueAt: number): void {
    const row = this.#rows.get(queue);
    if (row === undefined) return;
    if (dueAt > this.#clock.now()) row.alarm.notLaterThan(dueAt);
    else tellNext(row);
  }

  [Symbol.dispose](): void {
    for (const { alarm, places } of this.#rows.values()) {
      alarm.cancel();
      for (const place of places) tell(place);
    }
    this.#rows.clear();
  }

  #row(queue: string): Row {
    const known = this.#rows.get(queue);
    if (known !== undefined) return known;
    const places = new Set<Place>();
    // Several messages may be due at the same moment, and only a look tells how many.
    const alarm = new Alarm(this.#clock, () => places.forEach(tell));
    const row = { places, alarm };
    this.#rows.set(queue, row);
    return row;
  }
}

function nothing(): void {
  // A receiver that is looking, not sleeping, needs no waking: it sees its news when it is about to sleep.
}

function tell(place: Place): void {
  place.hasNews = true;
  place.wake();
}

/** Tells the first receiver that has no news yet. */
function tellNext({ places }: Row): void {
  for (const place of places) {
    if (place.hasNews) continue;
    tell(place);
    return;
  }
}

async function sleepUntilWoken(place: Place, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  place.wake = resolve;
  signal.addEventListener("abort", place.wake, { once: true });
  await promise;
  signal.removeEventListener("abort", place.wake);
  place.wake = nothing;
}
