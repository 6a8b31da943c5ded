/**
 * One invocation in flight: its answer as it comes in, buffered or streamed, and the promise its caller holds. Knows the
 * limits of responses, not environments or channels.
 */
import { type Failure, responseTooLarge } from "./failure.ts";
import { RESPONSE_BYTES_MAX, STREAMED_RESPONSE_BYTES_MAX } from "./limits.ts";
import { LogTail } from "./log-tail.ts";
import type { InvocationReport, InvocationRequest, InvocationResult } from "./types.ts";

/** How an invocation ended: with the function's output, or with a failure. */
export interface Outcome {
  readonly payload: Uint8Array;
  readonly failure: Failure | undefined;
  readonly producedBytes: number;
}

const NOTHING = new Uint8Array();

export class Invocation {
  readonly request: InvocationRequest;
  readonly tail: LogTail | undefined;
  /** Resolves when the caller may go on. */
  readonly result: Promise<InvocationResult>;
  #resolve: (result: InvocationResult) => void = () => undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** The caller takes a stream no more, or cannot get one. */
  #sinkBroken = false;
  #lastWrite: Promise<void> | undefined;

  constructor(request: InvocationRequest) {
    this.request = request;
    this.tail = request.tail ? new LogTail() : undefined;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** A whole response. */
  output(payload: Uint8Array): Outcome {
    if (payload.length > RESPONSE_BYTES_MAX) return failed(responseTooLarge());
    return { payload, failure: undefined, producedBytes: payload.length };
  }

  streamStarted(contentType: string): void {
    this.request.stream?.start(contentType);
  }

  /** Returns a failure when the response grew too large, or a promise while the caller must catch up. */
  streamChunk(chunk: Uint8Array): Failure | Promise<void> | undefined {
    this.#bytes += chunk.length;
    const { stream } = this.request;
    if (this.#bytes > (stream === undefined ? RESPONSE_BYTES_MAX : STREAMED_RESPONSE_BYTES_MAX))
      return responseTooLarge();
    if (stream === undefined) {
      this.#chunks.push(chunk);
      return undefined;
    }
    if (this.#sinkBroken) return undefined;
    this.#lastWrite = stream.write(chunk).catch(() => {
      // The caller went away; the function runs on to its end, as on the service.
      this.#sinkBroken = true;
    });
    return this.#lastWrite;
  }

  streamEnded(failure: Failure | undefined): Outcome {
    const payload = failure?.payload ?? (this.request.stream === undefined ? Buffer.concat(this.#chunks) : NOTHING);
    this.#chunks = [];
    return { payload, failure, producedBytes: this.#bytes };
  }

  /** Hands the answer to the caller, after the last byte of its stream. */
  answer(outcome: Outcome, report: InvocationReport): void {
    const result: InvocationResult = {
      payload: outcome.payload,
      functionError: outcome.failure === undefined ? undefined : "Unhandled",
      errorType: outcome.failure?.errorType,
      logTail: this.tail?.text(),
      report,
    };
    if (this.#lastWrite === undefined) this.#resolve(result);
    else void this.#lastWrite.then(() => this.#resolve(result));
  }
}

export function failed(failure: Failure): Outcome {
  return { payload: failure.payload, failure, producedBytes: failure.payload.length };
}
