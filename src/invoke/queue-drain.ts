/**
 * Takes messages from all queues under one prefix and hands each to `handle`, as many at a time as there is room for. A
 * queue is followed while it holds messages. Queues share the slots of a pool in turns, one message at a time, so that a
 * queue with a hundred thousand messages does not make another's single one wait. Knows nothing of what messages mean.
 *
 * Invariants: a message is taken from its queue at most once while this process lives; no more of a pool run at the same
 * time than its limit; what a former process had taken is taken over at the start.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import type { Delivery, Queues } from "../store/index.ts";
import { BOUNDS } from "./limits.ts";
import { Line, type LinePool } from "./queue-line.ts";
import { backoffMs } from "./verdict.ts";

/** What became of a message that `handle` has settled. After `refused` the queue pauses a moment. */
export type Handled = "ended" | "refused";

export interface SlotPool {
  readonly name: string;
  /** Messages of all its queues that may run at the same time; at least 1. */
  readonly limit: number;
}

export interface QueueDrainOptions {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: Log;
  readonly prefix: string;
  /** Whose slots a message of this queue takes. Asked before each one. */
  readonly poolOf: (queue: string) => SlotPool;
  /** Settles the message. One that it throws for is tried again later. */
  readonly handle: (delivery: Delivery) => Promise<Handled>;
}

export class QueueDrain implements AsyncDisposable {
  readonly #options: QueueDrainOptions;
  readonly #lines = new Map<string, Line>();
  readonly #pools = new Map<string, LinePool>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Queues that wait for others' messages to end. */
  readonly #starved = new Set<Line>();
  #bytes = 0;

  constructor(options: QueueDrainOptions) {
    this.#options = options;
  }

  /** Takes up what a former process left, and what it had taken and not ended. */
  async start(): Promise<void> {
    const { queues, prefix } = this.#options;
    const names = await queues.list(prefix);
    for (let at = 0; at < names.length; at += BOUNDS.drainTakeOverAtOnce) {
      await Promise.all(names.slice(at, at + BOUNDS.drainTakeOverAtOnce).map((queue) => queues.takeOver(queue)));
    }
    for (const queue of names) this.follow(queue);
  }

  /** To be called after each send to `queue`. */
  follow(queue: string): void {
    if (this.#stop.signal.aborted) return;
    const known = this.#lines.get(queue);
    if (known !== undefined) {
      known.sends += 1;
      return;
    }
    const line = new Line(queue);
    this.#lines.set(queue, line);
    this.#fetch(line).catch((error: unknown) => {
      this.#lines.delete(queue);
      if (this.#stop.signal.aborted) return;
      this.#options.log.error("messages wait, their queue cannot be read; it is tried again", { queue, error });
      this.#options.clock.schedule(BOUNDS.drainPauseMaxMs, () => this.follow(queue));
    });
  }

  /** To be called when pools may have got other limits. */
  limitsChanged(): void {
    for (const line of this.#lines.values()) if (line.running > 0) this.#poolFor(line);
    for (const pool of [...this.#pools.values()]) this.#serve(pool);
  }

  /** No further messages are started; those under way have a moment to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const line of this.#lines.values()) line[Symbol.dispose]();
    const { promise: waitedEnough, resolve } = Promise.withResolvers<void>();
    using _timer = this.#options.clock.schedule(BOUNDS.drainStopMs, resolve);
    await Promise.race([Promise.all(this.#underWay), waitedEnough]);
  }

  async #fetch(line: Line): Promise<void> {
    const { queues } = this.#options;
    const { signal } = this.#stop;
    const { queue } = line;
    while (!signal.aborted) {
      const { sends } = line;
      const max = this.#room(line);
      if (max === 0) {
        await line.changed();
        continue;
      }
      const deliveries = await queues.receive(queue, {
        max,
        visibilityMs: BOUNDS.drainVisibilityMs,
        waitMs: BOUNDS.drainIdleMs,
        signal,
      });
      for (const delivery of deliveries) this.#take(line, delivery);
      this.#offer(line);
      if (deliveries.length > 0 || !line.isIdle) continue;
      const { ready, delayed, inFlight } = await queues.depth(queue);
      if (ready + delayed + inFlight === 0 && line.sends === sends) break;
    }
    this.#lines.delete(queue);
  }

  /** How many messages may be taken now. Waits until half of what is taken ahead was used, so that it comes in batches. */
  #room(line: Line): number {
    const ahead = Math.max(BOUNDS.drainAheadMin, Math.min(line.window.size, BOUNDS.drainAheadMax));
    if (line.pause !== undefined || line.taken.length > ahead / 2) return 0;
    if (this.#bytes >= BOUNDS.drainBytes) {
      if (line.isIdle && this.#bytes < BOUNDS.drainBytesMax) return 1;
      this.#starved.add(line);
      return 0;
    }
    return ahead - line.taken.length;
  }

  #take(line: Line, delivery: Delivery): void {
    this.#bytes += delivery.body.byteLength;
    line.taken.push({ delivery, hidden: this.#keepHidden(delivery) });
  }

  /** Gets in the row of its pool when it has a message that its own window lets run. */
  #offer(line: Line): void {
    if (this.#queueUp(line)) this.#serve(this.#poolFor(line));
  }

  #queueUp(line: Line): boolean {
    if (line.taken.length === 0 || line.pause !== undefined || this.#stop.signal.aborted) return false;
    if (line.running >= line.window.size) {
      this.#reviewLater(line);
      return false;
    }
    this.#poolFor(line).waiting.add(line);
    return true;
  }

  /** The pool that the queue's messages take slots of now; those that run already move with it. */
  #poolFor(line: Line): LinePool {
    const { name } = this.#options.poolOf(line.queue);
    const pool = this.#pools.get(name) ?? { name, running: 0, waiting: new Set() };
    this.#pools.set(name, pool);
    if (line.pool !== undefined && line.pool !== pool) line.pool.running -= line.running;
    if (line.pool !== pool) pool.running += line.running;
    line.pool = pool;
    return pool;
  }

  #serve(pool: LinePool): void {
    for (const line of pool.waiting) {
      const { name, limit } = this.#options.poolOf(line.queue);
      // The queue's function may have got a pool of its own meanwhile.
      const current = name === pool.name;
      if (current && pool.running >= limit) return;
      pool.waiting.delete(line);
      // A pause may have begun since it got in the row.
      if (line.pause !== undefined) continue;
      if (current) {
        this.#run(line);
        this.#queueUp(line);
      } else this.#offer(line);
    }
    if (pool.running === 0) this.#pools.delete(pool.name);
  }

  #run(line: Line): void {
    const next = line.taken.shift();
    if (next === undefined) return;
    this.#poolFor(line).running += 1;
    line.running += 1;
    const { delivery, hidden } = next;
    const work = this.#handle(delivery).then((handled) => {
      hidden[Symbol.dispose]();
      this.#underWay.delete(work);
      this.#bytes -= delivery.body.byteLength;
      this.#feed();
      const before = line.pool;
      const pool = this.#poolFor(line);
      line.running -= 1;
      pool.running -= 1;
      if (handled === "ended") this.#goOn(line);
      else this.#pause(line);
      this.#offer(line);
      this.#serve(pool);
      // Others wait for what it took of its former pool.
      if (before !== undefined && before !== pool) this.#serve(before);
      line.tell();
    });
    this.#underWay.add(work);
  }

  #feed(): void {
    if (this.#bytes >= BOUNDS.drainBytes) return;
    for (const line of this.#starved) line.tell();
    this.#starved.clear();
  }

  async #handle(delivery: Delivery): Promise<Handled> {
    const { log, handle } = this.#options;
    try {
      return await handle(delivery);
    } catch (error) {
      if (this.#stop.signal.aborted) return "ended";
      log.error("a queued message could not be handled; it will be tried again", { id: delivery.id, error });
      await delivery.nack({ delayMs: backoffMs(delivery.attempt) }).catch((again: unknown) => {
        log.error("nor could it be given back; it comes again when its time is over", {
          id: delivery.id,
          error: again,
        });
      });
      return "refused";
    }
  }

  #goOn(line: Line): void {
    line.window.ended();
    line.resume();
  }

  #pause(line: Line): void {
    line.window.refused(line.running);
    line.pauseFor(this.#options.clock, () => {
      this.#offer(line);
      line.tell();
    });
  }

  #reviewLater(line: Line): void {
    const { clock } = this.#options;
    if (line.review !== undefined) return;
    line.window.full(clock.now());
    line.review = clock.schedule(BOUNDS.drainWindowMs, () => {
      line.review = undefined;
      if (line.taken.length === 0 || line.running < line.window.size) return;
      line.window.review(clock.now());
      this.#offer(line);
      line.tell();
    });
  }

  /** Extends the delivery again and again until disposed. */
  #keepHidden(delivery: Delivery): Disposable {
    const { clock, log } = this.#options;
    let timer: Timer | undefined;
    let done = false;
    const later = (): void => {
      if (done) return;
      timer = clock.schedule(BOUNDS.drainExtendEveryMs, () => {
        delivery.extend(BOUNDS.drainVisibilityMs).then(later, (error: unknown) => {
          log.warn("a running message could not be kept hidden this time", { id: delivery.id, error });
          later();
        });
      });
    };
    later();
    const stop = (): void => {
      done = true;
      timer?.cancel();
    };
    return { [Symbol.dispose]: stop };
  }
}
