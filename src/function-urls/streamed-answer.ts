/**
 * A streamed response on its way from the environment to the client: the head as soon as it is known, then each chunk at
 * the client's pace. A client that goes away does not stop the function: what it still writes is dropped.
 */
import type { InvocationResult, ResponseSink } from "../environments/index.ts";
import { HttpPrelude, INTEGRATION_RESPONSE, type ProxyHead } from "../proxy-event/index.ts";
import type { OpenAnswer } from "./send.ts";

export class StreamedAnswer implements ResponseSink {
  readonly #open: (head: ProxyHead) => OpenAnswer;
  readonly #fail: (malformed: boolean) => void;
  #prelude: HttpPrelude | undefined;
  #answer: OpenAnswer | undefined;
  #failed = false;

  /**
   * `open` sends a head; `fail` answers for a stream that has none, because the function failed or wrote something else. One
   * of them is called, once.
   */
  constructor(options: {
    readonly open: (head: ProxyHead) => OpenAnswer;
    readonly fail: (malformed: boolean) => void;
  }) {
    this.#open = options.open;
    this.#fail = options.fail;
  }

  start(contentType: string): void {
    if (contentType === INTEGRATION_RESPONSE) this.#prelude = new HttpPrelude();
    else this.#answer = this.#open({ status: 200, headers: [["Content-Type", contentType]] });
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#answer !== undefined) return this.#answer.write(chunk);
    if (this.#prelude === undefined || this.#failed) return;
    const read = this.#prelude.push(chunk);
    if (read === "incomplete") return;
    if (read === "malformed") return this.#refuse(true);
    this.#answer = this.#open(read.head);
    if (read.rest.length > 0) await this.#answer.write(read.rest);
  }

  /** The invocation is over. A function that answered without streaming has its whole result as the body. */
  async end({ functionError, payload }: InvocationResult): Promise<void> {
    if (functionError !== undefined) {
      if (this.#answer === undefined) this.#refuse(false);
      else this.#answer.abort();
      return;
    }
    if (this.#prelude === undefined) this.#answer ??= this.#open({ status: 200, headers: [BUFFERED_TYPE] });
    if (this.#answer === undefined) return this.#refuse(true);
    if (payload.length > 0) await this.#answer.write(payload);
    this.#answer.end();
  }

  #refuse(malformed: boolean): void {
    if (!this.#failed) this.#fail(malformed);
    this.#failed = true;
  }
}

const BUFFERED_TYPE = ["Content-Type", "application/json"] as const;
