/**
 * What a process writes to stdout and stderr, as events of its function's log. The pipe is the bound: a function that
 * writes more than OUTPUT_BYTES_PER_WINDOW, or too many small events, waits as for any slow reader, and no other
 * environment does.
 */
import type { Readable } from "node:stream";
import type { Clock } from "../base/index.ts";
import type { FunctionLog } from "./function-log.ts";
import {
  DRAIN_TURNS_MAX,
  DRAIN_WINDOWS_MAX,
  OUTPUT_BYTES_PER_WINDOW,
  OUTPUT_END_WAIT_MS,
  OUTPUT_EVENT_COST_BYTES,
  OUTPUT_WINDOW_MS,
} from "./limits.ts";
import type { LineSplitter } from "./line-splitter.ts";

export class ProcessOutput {
  readonly #clock: Clock;
  readonly #streams: readonly Readable[];
  readonly #splitters: readonly LineSplitter[];
  readonly #ended: Promise<unknown>;
  #bytesSeen = 0;
  #windowStartMs: number;
  #windowCost = 0;
  /** Resolves when reading goes on; undefined while it does. */
  #paused: Promise<void> | undefined;

  constructor(streams: readonly Readable[], log: FunctionLog, clock: Clock) {
    this.#clock = clock;
    this.#windowStartMs = clock.monotonicMs();
    this.#streams = streams;
    this.#splitters = streams.map((stream) => {
      const splitter = log.output();
      stream.on("data", (chunk: Buffer) => {
        if (this.#clock.monotonicMs() - this.#windowStartMs >= OUTPUT_WINDOW_MS) this.#openWindow();
        this.#count(chunk.length, splitter.push(chunk));
      });
      return splitter;
    });
    this.#ended = Promise.all(streams.map(hasEnded));
  }

  /**
   * Resolves when everything that was written before this call has been read: what is in a pipe when an answer arrives
   * is read within one turn of the event loop, more than that within the next ones.
   */
  async drain(): Promise<void> {
    let windows = 0;
    for (let turn = 0; turn < DRAIN_TURNS_MAX; turn += 1) {
      const before = this.#bytesSeen;
      if (this.#paused !== undefined && windows < DRAIN_WINDOWS_MAX) {
        windows += 1;
        await this.#paused;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#bytesSeen === before) break;
    }
    this.flush();
  }

  /** Resolves when the ended process's pipes are read to their end, or a grandchild has kept them open for too long. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.schedule(OUTPUT_END_WAIT_MS, resolve);
      void this.#ended.then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.flush();
  }

  flush(): void {
    for (const splitter of this.#splitters) splitter.flush();
  }

  #count(bytes: number, events: number): void {
    this.#bytesSeen += bytes;
    this.#windowCost += bytes + events * OUTPUT_EVENT_COST_BYTES;
    if (this.#windowCost < OUTPUT_BYTES_PER_WINDOW || this.#paused !== undefined) return;
    const elapsedMs = this.#clock.monotonicMs() - this.#windowStartMs;
    for (const stream of this.#streams) stream.pause();
    this.#paused = new Promise((resolve) => {
      // However slow the machine is, half of its time is for others.
      this.#clock.schedule(Math.max(OUTPUT_WINDOW_MS - elapsedMs, OUTPUT_WINDOW_MS / 2), () => {
        this.#paused = undefined;
        this.#openWindow();
        for (const stream of this.#streams) stream.resume();
        resolve();
      });
    });
  }

  #openWindow(): void {
    this.#windowCost = 0;
    this.#windowStartMs = this.#clock.monotonicMs();
  }
}

function hasEnded(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => resolve();
    stream.once("end", done);
    stream.once("close", done);
    // A pipe of a killed process may fail to read; what came before is in the log already.
    stream.once("error", done);
  });
}
