/**
 * A waiting line whose lanes take turns, so that a burst of one function does not stand in front of another's first start.
 * Within a lane it is first come, first served. Invariant: each lane with somebody in it gets one turn before any gets two.
 */
export class TurnQueue<T> {
  /** Lanes in the order of their turns, none empty; each with its waiters in order. */
  readonly #lanes = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(lane: string, waiter: T): void {
    const waiters = this.#lanes.get(lane) ?? new Set();
    if (!waiters.has(waiter)) this.#size += 1;
    this.#lanes.set(lane, waiters.add(waiter));
  }

  /** Whoever left the line already may leave it again. */
  remove(lane: string, waiter: T): void {
    const waiters = this.#lanes.get(lane);
    if (!waiters?.delete(waiter)) return;
    this.#size -= 1;
    if (waiters.size === 0) this.#lanes.delete(lane);
  }

  /** Whose turn it is. */
  peek(): T | undefined {
    for (const waiters of this.#lanes.values()) for (const waiter of waiters) return waiter;
    return undefined;
  }

  /** Takes out whose turn it is; its lane's next turn comes after all others'. */
  take(): T | undefined {
    for (const [lane, waiters] of this.#lanes) {
      for (const waiter of waiters) {
        this.#lanes.delete(lane);
        this.#lanes.set(lane, waiters);
        this.remove(lane, waiter);
        return waiter;
      }
    }
    return undefined;
  }

  /** The lanes that somebody waits in, as they are now, in the order of their turns. */
  lanes(): string[] {
    return [...this.#lanes.keys()];
  }

  /** Takes out the first of one lane, whose turn it need not be. */
  takeFrom(lane: string): T | undefined {
    for (const waiter of this.#lanes.get(lane) ?? []) {
      this.remove(lane, waiter);
      return waiter;
    }
    return undefined;
  }

  /** Takes out the last of the longest lane, if that is longer than `lane` would be with one more. */
  giveWayTo(lane: string): T | undefined {
    let longest: readonly [lane: string, waiters: ReadonlySet<T>] | undefined;
    for (const entry of this.#lanes) if (entry[1].size > (longest?.[1].size ?? 0)) longest = entry;
    if (longest === undefined || longest[1].size <= (this.#lanes.get(lane)?.size ?? 0) + 1) return undefined;
    const last = [...longest[1]].at(-1);
    if (last !== undefined) this.remove(longest[0], last);
    return last;
  }
}
