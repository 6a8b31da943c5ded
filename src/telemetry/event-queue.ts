/**
 * Events that wait to be put into one log stream: cut to size on the way in, taken out in batches that the log service
 * accepts. Knows the service's limits and nothing else of it.
 */
import { EVENT_OVERHEAD_BYTES, type LogSinkLimits } from "./limits.ts";

export interface QueuedEvent {
  readonly timestamp: number;
  readonly message: string;
  /** With the service's overhead. */
  readonly bytes: number;
}

export class EventQueue {
  readonly #limits: LogSinkLimits;
  #events: QueuedEvent[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: LogSinkLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#events.length;
  }

  /** A whole batch is waiting. */
  get isBatchFull(): boolean {
    return this.#bytes >= this.#limits.batchBytesMax || this.#events.length - this.#head >= this.#limits.batchEventsMax;
  }

  push(event: QueuedEvent): void {
    this.#events.push(event);
    this.#bytes += event.bytes;
  }

  /** Forgets everything. Returns how many events that were. */
  clear(): number {
    const count = this.#events.length - this.#head;
    this.#events = [];
    this.#head = 0;
    this.#bytes = 0;
    return count;
  }

  /** The next batch: within the service's limits, in the order of time (sort is stable: equal times keep their order). */
  takeBatch(): QueuedEvent[] {
    const { batchBytesMax, batchEventsMax, batchSpanMs } = this.#limits;
    const batch: QueuedEvent[] = [];
    let bytes = 0;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = 0;
    for (;;) {
      const event = this.#events[this.#head];
      if (event === undefined || batch.length === batchEventsMax || bytes + event.bytes > batchBytesMax) break;
      earliest = Math.min(earliest, event.timestamp);
      latest = Math.max(latest, event.timestamp);
      if (latest - earliest > batchSpanMs) break;
      batch.push(event);
      bytes += event.bytes;
      this.#head++;
    }
    this.#bytes -= bytes;
    if (this.isEmpty) {
      this.#events = [];
      this.#head = 0;
    } else if (this.#head >= batchEventsMax) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    return batch.sort((one, other) => one.timestamp - other.timestamp);
  }
}

/** A message as events that the service accepts: none for an empty one, several for one beyond the limit. */
export function toEvents(message: string, timestamp: number, eventBytesMax: number): readonly QueuedEvent[] {
  if (message === "") return [];
  const bytes = Buffer.byteLength(message);
  if (bytes <= eventBytesMax) return [{ timestamp, message, bytes: bytes + EVENT_OVERHEAD_BYTES }];
  const whole = Buffer.from(message);
  const events: QueuedEvent[] = [];
  for (let start = 0; start < whole.length; ) {
    const end = characterEnd(whole, start + eventBytesMax);
    const part = whole.subarray(start, end);
    events.push({ timestamp, message: part.toString("utf8"), bytes: part.length + EVENT_OVERHEAD_BYTES });
    start = end;
  }
  return events;
}

/** The last place at or before `at` that does not split a UTF-8 character. */
function characterEnd(text: Buffer, at: number): number {
  if (at >= text.length) return text.length;
  let end = at;
  while (((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
