/**
 * Joins an environment that writes a streamed response with a caller that reads it: one chunk at a time is under way, so
 * the slower of the two sets the pace and nothing piles up between them. What was written before the end is still read
 * after it; once the caller has gone, writes go into the void and wait for nobody.
 */
import type { ResponseSink } from "../environments/index.ts";

interface Chunk {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
}

export class ResponseStream implements ResponseSink {
  /** The response's content type, once the function has begun to answer; undefined when it ended without streaming. */
  readonly started: Promise<string | undefined>;
  readonly #resolveStarted: (contentType: string | undefined) => void;
  #waiting: Chunk[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #abandoned = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.started = promise;
    this.#resolveStarted = resolve;
  }

  start(contentType: string): void {
    this.#resolveStarted(contentType);
  }

  /** Resolves when the caller has taken the chunk, or has gone away. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended || this.#abandoned) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, taken: resolve });
    this.#wake?.();
    return promise;
  }

  /** The environment is done with the invocation. */
  end(): void {
    this.#ended = true;
    this.#resolveStarted(undefined);
    this.#wake?.();
  }

  /** The caller has gone, before or while it read. */
  abandon(): void {
    this.#abandoned = true;
    for (const { taken } of this.#waiting) taken();
    this.#waiting = [];
    this.#wake?.();
  }

  /** The chunks in order. Leaving the loop early abandons the stream. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#waiting.shift();
        if (chunk !== undefined) {
          try {
            yield chunk.bytes;
          } finally {
            chunk.taken();
          }
        } else if (this.#ended || this.#abandoned) {
          return;
        } else {
          const { promise, resolve } = Promise.withResolvers<void>();
          this.#wake = resolve;
          await promise;
          this.#wake = undefined;
        }
      }
    } finally {
      this.abandon();
    }
  }
}
