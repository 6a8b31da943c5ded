/**
 * Reads one stream's events in the order of (timestamp, sequence), forwards or backwards, from a position, although late
 * events lie out of order in the journal. Going forwards an event is certain once the high-water mark has passed its
 * timestamp by the stream's disorder; going backwards, once the mark has come down to it. Holds a few reads of the journal
 * at most. Events appended after the opening may or may not be seen.
 */
import type { JournalEntry, JournalInfo } from "../../store/index.ts";
import { comparePositions, type Position } from "./positions.ts";
import { decodeEvent, journalName, type LogGroupRecord, type LogStreamRecord } from "./records.ts";
import { type PlacedEvent, ReorderBuffer } from "./reorder-buffer.ts";
import type { LogsState } from "./state.ts";

export interface CursorRange {
  readonly direction: "forward" | "backward";
  /** Forward: events at or after it. Backward: events before it; absent means from the newest. */
  readonly from?: Position;
  /** Events at or after this time, and before that one (`Infinity` for none). */
  readonly startMs: number;
  readonly endMs: number;
}

/** How many times the bytes of one read a cursor holds. */
const HELD_READS = 4;

export class StreamCursor {
  readonly #state: LogsState;
  readonly #journal: string;
  readonly #disorderMs: number;
  readonly #range: CursorRange;
  readonly #info: JournalInfo;
  readonly #averageBytes: number;
  readonly #held: ReorderBuffer;
  #from: Position | undefined;
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
    this.#from = range.from;
    this.#held = new ReorderBuffer(range.direction);
    this.#horizonMs = noHorizon(range.direction);
    this.#averageBytes = Math.max(1, info.sizeBytes / Math.max(1, info.nextSequence - info.firstSequence));
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

  /** The next event, or undefined at the end of the range. Reads about `readBytes` at a time. */
  async next(readBytes: number): Promise<PlacedEvent | undefined> {
    for (;;) {
      const event = this.#held.next;
      if (event !== undefined && this.#isCertain(event)) {
        this.#held.take();
        return event;
      }
      const cut = event === undefined ? this.#held.cut : undefined;
      // An event that is still unread may belong before the cut: it would be lost if reading began again there now.
      if (cut !== undefined && this.#isCertain(cut)) this.#beginAgainAt(cut);
      else if (this.#exhausted) return undefined;
      await this.#read(readBytes);
    }
  }

  /** No event that is still unread comes before this place. */
  #isCertain({ timestamp }: Position): boolean {
    if (this.#exhausted) return true;
    return this.#range.direction === "forward" ? timestamp <= this.#horizonMs : timestamp >= this.#horizonMs;
  }

  #beginAgainAt({ timestamp, sequence }: Position): void {
    const { direction } = this.#range;
    this.#from = { timestamp, sequence: direction === "forward" ? sequence : sequence + 1 };
    this.#place = undefined;
    this.#horizonMs = noHorizon(direction);
    this.#exhausted = false;
    this.#held.reset();
  }

  async #read(readBytes: number): Promise<void> {
    const count = Math.min(this.#state.limits.readEventsMax, Math.floor(readBytes / this.#averageBytes));
    const limit = Math.max(1, count);
    const forward = this.#range.direction === "forward";
    const entries = forward ? await this.#readForward(limit) : await this.#readBackward(limit);
    if (entries.length === 0) this.#exhausted = true;
    const fresh = entries.map(placeEvent).filter((event) => this.#isWanted(event));
    this.#held.add(fresh, HELD_READS * readBytes);
  }

  async #readForward(limit: number): Promise<readonly JournalEntry[]> {
    const { startMs, endMs } = this.#range;
    this.#place ??= await this.#state.journals.seek(this.#journal, Math.max(startMs, this.#from?.timestamp ?? 0));
    const entries = await this.#state.journals.read(this.#journal, { from: this.#place, limit });
    const last = entries.at(-1);
    if (last !== undefined) {
      this.#place = last.sequence + 1;
      this.#horizonMs = last.timeMs - this.#disorderMs;
      if (this.#horizonMs >= endMs || this.#place >= this.#info.nextSequence) this.#exhausted = true;
    }
    return entries;
  }

  async #readBackward(limit: number): Promise<readonly JournalEntry[]> {
    const { startMs, endMs } = this.#range;
    const newestMs = Math.min(endMs, this.#from?.timestamp ?? Number.POSITIVE_INFINITY);
    this.#place ??=
      newestMs + this.#disorderMs >= this.#info.lastTimeMs
        ? this.#info.nextSequence
        : await this.#state.journals.seek(this.#journal, newestMs + this.#disorderMs + 1);
    const ascending = await this.#state.journals.readBackwards(this.#journal, { before: this.#place, limit });
    const oldest = ascending.at(0);
    if (oldest !== undefined) {
      this.#place = oldest.sequence;
      this.#horizonMs = oldest.timeMs;
      if (oldest.timeMs < startMs || oldest.sequence <= this.#info.firstSequence) this.#exhausted = true;
    }
    return ascending;
  }

  #isWanted(event: PlacedEvent): boolean {
    const { direction, startMs, endMs } = this.#range;
    if (event.timestamp < startMs || event.timestamp >= endMs) return false;
    if (this.#from === undefined) return true;
    const order = comparePositions(event, this.#from);
    return direction === "forward" ? order >= 0 : order < 0;
  }
}

const noHorizon = (direction: CursorRange["direction"]): number =>
  direction === "forward" ? -1 : Number.POSITIVE_INFINITY;

function placeEvent(entry: JournalEntry): PlacedEvent {
  return { ...decodeEvent(entry.body), sequence: entry.sequence };
}
