/**
 * Reads one stream's events in the order of (timestamp, sequence), forwards or backwards, from a position, although late
 * events lie out of order in the journal. Holds one read of the journal plus the events that might still be overtaken:
 * going forwards an event is certain once the high-water mark has passed its timestamp by the stream's disorder; going
 * backwards, once the mark has come down to it. Past `reorderEventsMax` held events order gives way to memory. Events
 * appended after the opening may or may not be seen.
 */
import type { JournalEntry, JournalInfo } from "../../store/index.ts";
import { comparePositions, type Position } from "./positions.ts";
import { decodeEvent, journalName, type LogEvent, type LogGroupRecord, type LogStreamRecord } from "./records.ts";
import type { LogsState } from "./state.ts";

export interface PlacedEvent extends LogEvent {
  readonly sequence: number;
}

export interface CursorRange {
  readonly direction: "forward" | "backward";
  /** Forward: events at or after it. Backward: events before it; absent means from the newest. */
  readonly from?: Position;
  /** Events at or after this time, and before that one (`Infinity` for none). */
  readonly startMs: number;
  readonly endMs: number;
}

export class StreamCursor {
  readonly #state: LogsState;
  readonly #journal: string;
  readonly #disorderMs: number;
  readonly #range: CursorRange;
  readonly #info: JournalInfo;
  readonly #readCount: number;
  /** Sorted so that the next event is at `#head`. */
  #held: PlacedEvent[] = [];
  #head = 0;
  /** Next sequence to read (forward), or the one to read before (backward). Undefined before the first read. */
  #place: number | undefined;
  /** No event still unread comes before this timestamp (forward) or after it (backward). */
  #horizonMs: number;
  #exhausted = false;

  private constructor(
    state: LogsState,
    journal: string,
    stream: LogStreamRecord,
    info: JournalInfo,
    range: CursorRange,
  ) {
    this.#state = state;
    this.#journal = journal;
    this.#disorderMs = stream.disorderMs;
    this.#info = info;
    this.#range = range;
    this.#horizonMs = range.direction === "forward" ? -1 : Number.POSITIVE_INFINITY;
    const stored = Math.max(1, info.nextSequence - info.firstSequence);
    const averageBytes = Math.max(1, info.sizeBytes / stored);
    this.#readCount = Math.max(
      1,
      Math.min(state.limits.readEventsMax, Math.floor(state.limits.readBytes / averageBytes)),
    );
  }

  /** Undefined when the stream has no event that could be in the range. */
  static async open(
    state: LogsState,
    group: LogGroupRecord,
    stream: LogStreamRecord,
    range: CursorRange,
  ): Promise<StreamCursor | undefined> {
    const journal = journalName(group.id, stream.id);
    const info = await state.journals.stat(journal);
    if (info === undefined || info.nextSequence === info.firstSequence) return undefined;
    if (info.lastTimeMs < range.startMs || info.firstTimeMs - stream.disorderMs >= range.endMs) return undefined;
    return new StreamCursor(state, journal, stream, info, range);
  }

  /** A timestamp that no event of the range comes before (forward) or after (backward), known without reading. */
  get boundMs(): number {
    const { direction, startMs, endMs, from } = this.#range;
    return direction === "forward"
      ? Math.max(startMs, from?.timestamp ?? 0, this.#info.firstTimeMs - this.#disorderMs)
      : Math.min(endMs, from?.timestamp ?? Number.POSITIVE_INFINITY, this.#info.lastTimeMs);
  }

  /** The next event, or undefined at the end of the range. */
  async next(): Promise<PlacedEvent | undefined> {
    for (;;) {
      const event = this.#held[this.#head];
      if (event !== undefined && this.#isCertain(event)) {
        this.#head++;
        return event;
      }
      if (this.#exhausted) return undefined;
      await this.#read();
    }
  }

  #isCertain(event: PlacedEvent): boolean {
    if (this.#exhausted || this.#held.length - this.#head > this.#state.limits.reorderEventsMax) return true;
    return this.#range.direction === "forward"
      ? event.timestamp <= this.#horizonMs
      : event.timestamp >= this.#horizonMs;
  }

  async #read(): Promise<void> {
    const forward = this.#range.direction === "forward";
    const entries = forward ? await this.#readForward() : await this.#readBackward();
    if (entries.length === 0) this.#exhausted = true;
    const fresh = entries.map(placeEvent).filter((event) => this.#isWanted(event));
    this.#held = [...this.#held.slice(this.#head), ...fresh];
    this.#head = 0;
    this.#held.sort(forward ? comparePositions : (one, other) => comparePositions(other, one));
  }

  async #readForward(): Promise<readonly JournalEntry[]> {
    const { startMs, endMs, from } = this.#range;
    this.#place ??= await this.#state.journals.seek(this.#journal, Math.max(startMs, from?.timestamp ?? 0));
    const options = { from: this.#place, limit: this.#readCount };
    const entries = await this.#state.journals.read(this.#journal, options);
    const last = entries.at(-1);
    if (last !== undefined) {
      this.#place = last.sequence + 1;
      this.#horizonMs = last.timeMs - this.#disorderMs;
      if (this.#horizonMs >= endMs || this.#place >= this.#info.nextSequence) this.#exhausted = true;
    }
    return entries;
  }

  async #readBackward(): Promise<readonly JournalEntry[]> {
    const { startMs, endMs, from } = this.#range;
    const newestMs = Math.min(endMs, from?.timestamp ?? Number.POSITIVE_INFINITY);
    this.#place ??=
      newestMs + this.#disorderMs >= this.#info.lastTimeMs
        ? this.#info.nextSequence
        : await this.#state.journals.seek(this.#journal, newestMs + this.#disorderMs + 1);
    const options = { before: this.#place, limit: this.#readCount };
    const entries = [...(await this.#state.journals.readBackwards(this.#journal, options))].reverse();
    const oldest = entries.at(-1);
    if (oldest !== undefined) {
      this.#place = oldest.sequence;
      this.#horizonMs = oldest.timeMs;
      if (oldest.timeMs < startMs || oldest.sequence <= this.#info.firstSequence) this.#exhausted = true;
    }
    return entries;
  }

  #isWanted(event: PlacedEvent): boolean {
    const { direction, from, startMs, endMs } = this.#range;
    if (event.timestamp < startMs || event.timestamp >= endMs) return false;
    if (from === undefined) return true;
    const order = comparePositions(event, from);
    return direction === "forward" ? order >= 0 : order < 0;
  }
}

function placeEvent(entry: JournalEntry): PlacedEvent {
  return { ...decodeEvent(entry.body), sequence: entry.sequence };
}
