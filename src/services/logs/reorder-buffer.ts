/**
 * Events that have been read but may still be overtaken by late ones, kept in order within a bound of bytes. What does not
 * fit is dropped from the far end, and the first dropped position is remembered: reading has to begin again there once
 * everything before it has been taken. So order is exact whatever the disorder, and memory is bounded.
 */
import { comparePositions, type Position } from "./positions.ts";
import type { LogEvent } from "./records.ts";

export interface PlacedEvent extends LogEvent {
  readonly sequence: number;
}

export class ReorderBuffer {
  readonly #compare: (one: Position, other: Position) => number;
  /** Sorted; the next event is at `#head`. */
  #events: PlacedEvent[] = [];
  #head = 0;
  #bytes = 0;
  #cut: Position | undefined;

  constructor(direction: "forward" | "backward") {
    this.#compare = direction === "forward" ? comparePositions : (one, other) => comparePositions(other, one);
  }

  /** The next event, which `take` removes. */
  get next(): PlacedEvent | undefined {
    return this.#events[this.#head];
  }

  /** The first position that was dropped, in the direction of reading. */
  get cut(): Position | undefined {
    return this.#cut;
  }

  take(): void {
    this.#bytes -= this.next?.message.length ?? 0;
    this.#head++;
  }

  /** Keeps one event at least. */
  add(fresh: readonly PlacedEvent[], bytesMax: number): void {
    const cut = this.#cut;
    const wanted = cut === undefined ? fresh : fresh.filter((event) => this.#compare(event, cut) < 0);
    if (wanted.length === 0) return;
    this.#events = [...this.#events.slice(this.#head), ...wanted].sort(this.#compare);
    this.#head = 0;
    for (const event of wanted) this.#bytes += event.message.length;
    while (this.#bytes > bytesMax && this.#events.length > 1) {
      const dropped = this.#events.pop();
      if (dropped === undefined) break;
      this.#bytes -= dropped.message.length;
      this.#cut = dropped;
    }
  }

  /** For reading from the cut on. */
  reset(): void {
    this.#events = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#cut = undefined;
  }
}
