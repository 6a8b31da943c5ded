/**
 * One environment's log: what the function wrote, and the platform's own lines, in the text or JSON format of its
 * version. Platform lines are made here and nowhere else, so a function that prints `START` or `END` forges text, not a
 * record: tail and reports never parse the log. Bounds: an event is cut at 1 MiB; the sink behind drops and counts.
 */
import type { Clock } from "../base/index.ts";
import { LOG_EVENT_BYTES_MAX, LOG_TIME_SKEW_MAX_MS } from "./limits.ts";
import { LineSplitter } from "./line-splitter.ts";
import { passesApplicationLevel, passesSystemLevel } from "./log-levels.ts";
import type { LogTail } from "./log-tail.ts";
import type { FunctionVersion, LogStream } from "./types.ts";

/** One platform event in both formats, of which a log writes one. A format without it has none. */
export interface PlatformEvent {
  readonly text?: () => string;
  readonly json?: {
    readonly type: string;
    readonly level: "DEBUG" | "INFO" | "WARN";
    readonly record: () => Readonly<Record<string, unknown>>;
  };
}

export class FunctionLog {
  readonly #stream: LogStream;
  readonly #version: FunctionVersion;
  readonly #clock: Clock;
  readonly #json: boolean;
  #tail: LogTail | undefined;

  constructor(stream: LogStream, version: FunctionVersion, clock: Clock) {
    this.#stream = stream;
    this.#version = version;
    this.#clock = clock;
    this.#json = version.logging.format === "JSON";
  }

  /** Until the next call everything also goes to `tail`. */
  follow(tail: LogTail | undefined): void {
    this.#tail = tail;
  }

  /** `now` is the event's time, epoch milliseconds. */
  platform(event: PlatformEvent, now = this.#clock.now()): void {
    if (!this.#json) {
      if (event.text !== undefined) this.#write(event.text(), now);
      return;
    }
    if (event.json === undefined || !passesSystemLevel(event.json.level, this.#version.logging.systemLevel)) return;
    const time = new Date(now).toISOString();
    this.#write(JSON.stringify({ time, type: event.json.type, record: event.json.record() }), now);
  }

  /** One event that a bootstrap framed; its text has no newline at its end. */
  framed(text: string, timeMs: number, level: string | undefined): void {
    if (this.#json && level !== undefined && !passesApplicationLevel(level, this.#version.logging.applicationLevel))
      return;
    const now = this.#clock.now();
    const time = Math.abs(timeMs - now) <= LOG_TIME_SKEW_MAX_MS ? Math.floor(timeMs) : now;
    this.#write(this.#json ? text : `${text}\n`, time);
  }

  /** A splitter for one of the process's output streams. */
  output(): LineSplitter {
    return new LineSplitter((text) => {
      if (this.#json && !this.#passesAsJsonLine(text)) return;
      this.#write(text, this.#clock.now());
    });
  }

  /** A remark of Lambent's own, which AWS would not make. */
  remark(text: string): void {
    this.#write(`[lambent] ${text}\n`, this.#clock.now());
  }

  close(): void {
    this.#tail = undefined;
    this.#stream.close();
  }

  /** A function's own JSON line is filtered by its level when it also has a valid time, as on the service. */
  #passesAsJsonLine(text: string): boolean {
    if (!text.startsWith("{")) return true;
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) return true;
      throw error;
    }
    if (typeof line !== "object" || line === null || !("level" in line)) return this.#passes("INFO");
    const timed = "timestamp" in line && typeof line.timestamp === "string" && isRfc3339(line.timestamp);
    return this.#passes(timed && typeof line.level === "string" ? line.level : "INFO");
  }

  #passes(level: string): boolean {
    return passesApplicationLevel(level, this.#version.logging.applicationLevel);
  }

  #write(event: string, timestampMs: number): void {
    const text = event.length * 3 > LOG_EVENT_BYTES_MAX ? cut(event) : event;
    this.#stream.write(text, timestampMs);
    this.#tail?.write(text);
  }
}

function isRfc3339(text: string): boolean {
  return /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text);
}

function cut(event: string): string {
  const bytes = Buffer.from(event);
  if (bytes.length <= LOG_EVENT_BYTES_MAX) return event;
  let end = LOG_EVENT_BYTES_MAX;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
