/**
 * Many streams' events in one order: (timestamp, stream id, sequence), ascending or descending. A stream is opened only
 * when the merge has come to the time where its events begin, and forgotten at its end; what streams hold is a share of one
 * bound, and one event each at least.
 */
import { Heap } from "./heap.ts";
import type { LogsLimits } from "./limits.ts";
import type { Position } from "./positions.ts";
import type { LogGroupRecord, LogStreamRecord } from "./records.ts";
import type { PlacedEvent } from "./reorder-buffer.ts";
import type { LogsState } from "./state.ts";
import { type CursorRange, StreamCursor } from "./stream-cursor.ts";

/** An event with the stream it lies in. */
export interface MergedEvent {
  readonly stream: LogStreamRecord;
  readonly event: PlacedEvent;
}

/** A place in the merged order: the last event that was seen. */
export interface MergePosition extends Position {
  readonly streamId: string;
}

export interface MergeRange {
  readonly direction: "forward" | "backward";
  readonly startMs: number;
  readonly endMs: number;
  /** Only events after this one, in the direction of reading. */
  readonly after?: MergePosition;
}

/** A cursor and its next event; without one, the cursor has not been read and `timestamp` is its bound. */
interface Source {
  readonly stream: LogStreamRecord;
  readonly cursor: StreamCursor;
  readonly timestamp: number;
  readonly event?: PlacedEvent;
}

export class EventMerge {
  readonly #sources: Heap<Source>;

  readonly #limits: LogsLimits;

  constructor(direction: MergeRange["direction"], limits: LogsLimits) {
    this.#limits = limits;
    const sign = direction === "forward" ? 1 : -1;
    this.#sources = new Heap((one, other) => sign * compareSources(one, other) || readFirst(one, other));
  }

  /** Adds a stream. Does nothing when it has no events in the range. */
  async add(state: LogsState, group: LogGroupRecord, stream: LogStreamRecord, range: MergeRange): Promise<void> {
    const cursor = await StreamCursor.open(state, group, stream, cursorRange(stream, range));
    if (cursor !== undefined) this.#sources.push({ stream, cursor, timestamp: cursor.boundMs });
  }

  /** What one stream may read at a time, so that all together keep to the bound. */
  get #readBytes(): number {
    const { readBytes, readBytesOfOne } = this.#limits;
    return Math.min(readBytesOfOne, readBytes / (this.#sources.size + 1));
  }

  /** The next event of all streams, or undefined at the end. */
  async next(): Promise<MergedEvent | undefined> {
    for (;;) {
      const source = this.#sources.pop();
      if (source === undefined) return undefined;
      const { stream, cursor, event: current } = source;
      const following = await cursor.next(this.#readBytes);
      if (following !== undefined) {
        this.#sources.push({ stream, cursor, timestamp: following.timestamp, event: following });
      }
      if (current !== undefined) return { stream, event: current };
    }
  }
}

function compareSources(one: Source, other: Source): number {
  if (one.timestamp !== other.timestamp) return one.timestamp < other.timestamp ? -1 : 1;
  if (one.event === undefined || other.event === undefined) return 0;
  return one.stream.id < other.stream.id ? -1 : 1;
}

/** Of equal times, a stream that has not been read comes first: its event may be the earlier one. */
function readFirst(one: Source, other: Source): number {
  return Number(one.event !== undefined) - Number(other.event !== undefined);
}

function cursorRange(stream: LogStreamRecord, { direction, startMs, endMs, after }: MergeRange): CursorRange {
  if (after === undefined) return { direction, startMs, endMs };
  const { timestamp, sequence, streamId } = after;
  const forward = direction === "forward";
  if (stream.id === streamId) {
    return { direction, startMs, endMs, from: { timestamp, sequence: forward ? sequence + 1 : sequence } };
  }
  // Streams sort by id among equal timestamps: the others' events of this millisecond are all seen or all unseen.
  const sameTimeIsAfter = stream.id > streamId;
  return { direction, startMs, endMs, from: { timestamp: sameTimeIsAfter ? timestamp : timestamp + 1, sequence: 0 } };
}
