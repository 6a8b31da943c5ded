/** What a QueueDrain knows of one queue that it follows. */
import { backoff, type Clock, type Timer } from "../base/index.ts";
import type { Delivery } from "../store/index.ts";
import { DrainWindow } from "./drain-window.ts";
import { BOUNDS } from "./limits.ts";

/** Slots that several queues share. */
export interface LinePool {
  readonly name: string;
  running: number;
  /** Queues with a message to run, in turn. */
  readonly waiting: Set<Line>;
}

export class Line implements Disposable {
  readonly queue: string;
  readonly window = new DrainWindow();
  /** Taken from the queue, not yet running. */
  readonly taken: { readonly delivery: Delivery; readonly hidden: Disposable }[] = [];
  running = 0;
  /** Whose slots its messages take. */
  pool: LinePool | undefined;
  /** Grows with every send, so that following does not end just then. */
  sends = 0;
  /** Set while the window is full and measured. */
  review: Timer | undefined;
  /** Set while nothing may be tried. */
  pause: Timer | undefined;
  #refusals = 0;
  #news = Promise.withResolvers<void>();

  constructor(queue: string) {
    this.queue = queue;
  }

  get isIdle(): boolean {
    return this.running === 0 && this.taken.length === 0;
  }

  /** Resolves when anything here may have changed. */
  changed(): Promise<void> {
    return this.#news.promise;
  }

  tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  /** Something was refused: waits, longer with each refusal in a row. */
  pauseFor(clock: Clock, over: () => void): void {
    if (this.pause !== undefined) return;
    this.#refusals += 1;
    const delayMs = backoff(this.#refusals, { minMs: BOUNDS.drainPauseMinMs, maxMs: BOUNDS.drainPauseMaxMs });
    this.pause = clock.schedule(delayMs, () => {
      this.pause = undefined;
      over();
    });
  }

  /** Something went well. */
  resume(): void {
    this.#refusals = 0;
    this.pause?.cancel();
    this.pause = undefined;
  }

  [Symbol.dispose](): void {
    this.pause?.cancel();
    this.review?.cancel();
    for (const { hidden } of this.taken) hidden[Symbol.dispose]();
    this.tell();
  }
}
