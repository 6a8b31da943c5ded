/**
 * What a process writes to stdout and stderr, as events of its function's log. The pipe is the bound, and
 * output-window.ts says how fast it is read.
 */
import type { Readable } from "node:stream";
import type { Clock } from "../base/index.ts";
import type { FunctionLog } from "./function-log.ts";
import { DRAIN_TURNS_MAX, DRAIN_WINDOWS_MAX, OUTPUT_END_WAIT_MS } from "./limits.ts";
import type { LineSplitter } from "./line-splitter.ts";
import { OutputWindow } from "./output-window.ts";

export class ProcessOutput {
  readonly #clock: Clock;
  readonly #streams: readonly Readable[];
  readonly #splitters: readonly LineSplitter[];
  readonly #ended: Promise<unknown>;
  readonly #window: OutputWindow;
  #bytesSeen = 0;
  /** Resolves when reading goes on; undefined while it does. */
  #paused: Promise<void> | undefined;

  constructor(streams: readonly Readable[], log: FunctionLog, clock: Clock) {
    this.#clock = clock;
    this.#window = new OutputWindow(clock);
    this.#streams = streams;
    this.#splitters = streams.map((stream) => {
      const splitter = log.output();
      stream.on("data", (chunk: Buffer) => {
        this.#window.enter();
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
    const wait = this.#window.spend(bytes, events);
    if (wait === undefined || this.#paused !== undefined) return;
    for (const stream of this.#streams) stream.pause();
    this.#paused = wait.then(() => {
      this.#paused = undefined;
      for (const stream of this.#streams) stream.resume();
    });
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
