/**
 * Cuts a function's raw output into log events as the service does: a newline ends an event and stays part of it; a
 * longer write breaks at 64 KiB. Holds at most one chunk. Bytes that are no UTF-8 become U+FFFD; a character is never
 * cut in two.
 */
import { LOG_CHUNK_BYTES } from "./limits.ts";

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #emit: (text: string) => void;
  /** The beginning of an event whose newline has not come yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #events = 0;

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
  }

  /** Returns the number of events that were emitted. */
  push(chunk: Buffer): number {
    const before = this.#events;
    let start = 0;
    for (;;) {
      const room = LOG_CHUNK_BYTES - this.#pendingBytes;
      const newline = chunk.indexOf(NEWLINE, start);
      const length = (newline === -1 ? chunk.length : newline + 1) - start;
      if (length > room) {
        const end = start + characterBorder(chunk, start, room);
        this.#hold(chunk.subarray(start, end));
        this.flush();
        start = end;
        continue;
      }
      if (newline === -1) break;
      this.#hold(chunk.subarray(start, newline + 1));
      this.flush();
      start = newline + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return this.#events - before;
  }

  /** Emits what is left without a newline: the process has ended, or its invocation has. */
  flush(): void {
    if (this.#pendingBytes === 0) return;
    const [first = Buffer.alloc(0), ...more] = this.#pending;
    const text = (more.length === 0 ? first : Buffer.concat(this.#pending)).toString("utf8");
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#events += 1;
    this.#emit(text);
  }

  #hold(part: Buffer): void {
    this.#pending.push(part);
    this.#pendingBytes += part.length;
    // A writer of single bytes would otherwise keep one read buffer alive per byte.
    if (this.#pending.length > 64) this.#pending = [Buffer.concat(this.#pending)];
  }
}

/** The largest number of bytes up to `room` that does not end within a UTF-8 character; `room` when there is none. */
function characterBorder(chunk: Buffer, start: number, room: number): number {
  for (let back = 0; back < 4 && back < room; back += 1) {
    const next = chunk[start + room - back];
    if (next === undefined || (next & 0xc0) !== 0x80) return room - back;
  }
  return room;
}
