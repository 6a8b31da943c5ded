/** The end of one invocation's log, for LogType=Tail: keeps 4 KB however much is written. */
import { LOG_TAIL_BYTES } from "./limits.ts";

export class LogTail {
  #events: string[] = [];
  #length = 0;

  write(event: string): void {
    this.#events.push(event);
    this.#length += event.length;
    if (this.#length > LOG_TAIL_BYTES * 4) this.#events = [this.#compact()];
  }

  /** At most 4,096 bytes, whole characters. */
  text(): string {
    const bytes = Buffer.from(this.#compact());
    let start = Math.max(0, bytes.length - LOG_TAIL_BYTES);
    while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
    return bytes.toString("utf8", start);
  }

  /** UTF-8 never has fewer bytes than UTF-16 has units, so this many units hold the last 4,096 bytes. */
  #compact(): string {
    const text = this.#events.join("").slice(-LOG_TAIL_BYTES);
    this.#length = text.length;
    return text;
  }
}
