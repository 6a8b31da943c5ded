/**
 * One invocation in flight: its answer as it comes in, buffered or streamed, the promise its caller holds, and the facts of
 * its report. Knows the limits of responses and what Lambda logs at the end; not environments or channels.
 */
import { CollectedBytes } from "../base/index.ts";
import { type Failure, responseTooLarge } from "./failure.ts";
import type { FunctionLog } from "./function-log.ts";
import { CONTENT_TYPE_LENGTH_MAX, RESPONSE_BYTES_MAX, STREAMED_RESPONSE_BYTES_MAX } from "./limits.ts";
import { LogTail } from "./log-tail.ts";
import { end, failureLine, report, runtimeDone } from "./platform-events.ts";
import type {
  ColdTimings,
  FunctionVersion,
  InvocationReport,
  InvocationRequest,
  InvocationResult,
  ResponseSink,
  Restart,
} from "./types.ts";

/** How an invocation ended: with the function's output, or with a failure. */
export interface Outcome {
  readonly payload: Uint8Array;
  readonly failure: Failure | undefined;
  readonly producedBytes: number;
}

/** The start of the process that serves the invocation, when it is the first. */
export interface ColdStart {
  /** Missing when the start was long over: the caller has not waited for it. */
  readonly timings?: ColdTimings;
  readonly initDurationMs: number;
}

/** What is known beside the outcome. */
export interface Conclusion {
  readonly durationMs: number;
  readonly peakMemoryMb: number;
  readonly cold: ColdStart | undefined;
  readonly restart: Restart | undefined;
  /** The process that served it is gone or will be. */
  readonly lost: boolean;
}

/** What REPORT says, for whoever counts. */
export interface WrittenReport {
  readonly requestId: string;
  readonly report: InvocationReport;
  readonly errorType: string | undefined;
}

const NOTHING = new Uint8Array();
/** What a line of an HTTP head can hold (RFC 9110, section 5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

export class Invocation {
  readonly request: InvocationRequest;
  readonly tail: LogTail | undefined;
  /** Resolves when the caller may go on. */
  readonly result: Promise<InvocationResult>;
  readonly #version: FunctionVersion;
  #outcome: Outcome | undefined;
  #report: InvocationReport | undefined;
  #answersAtTheEnd = false;
  #resolve: (result: InvocationResult) => void = () => undefined;
  readonly #done = Promise.withResolvers<void>();
  readonly #collected = new CollectedBytes();
  #bytes = 0;
  /** The caller takes a stream no more, or cannot get one. */
  #sinkBroken = false;

  constructor(request: InvocationRequest, version: FunctionVersion) {
    this.request = request;
    this.#version = version;
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
    const isOne = contentType.length <= CONTENT_TYPE_LENGTH_MAX && HEADER_VALUE.test(contentType);
    this.request.stream?.start(isOne ? contentType : "application/octet-stream");
  }

  /** Returns a promise while the caller must catch up, or a failure when the response has grown too large. */
  streamChunk(chunk: Uint8Array): Failure | Promise<void> | undefined {
    if (chunk.length === 0) return undefined;
    const { stream } = this.request;
    if (stream === undefined) {
      this.#bytes += chunk.length;
      if (this.#bytes > RESPONSE_BYTES_MAX) return responseTooLarge();
      this.#collected.push(chunk);
      return undefined;
    }
    // A streamed response that is too large is cut where the limit is: its caller has read the rest already.
    const piece = chunk.subarray(0, STREAMED_RESPONSE_BYTES_MAX - this.#bytes);
    this.#bytes += piece.length;
    const written = this.#write(stream, piece);
    return piece.length === chunk.length ? written : responseTooLarge(STREAMED_RESPONSE_BYTES_MAX);
  }

  #write(stream: ResponseSink, chunk: Uint8Array): Promise<void> | undefined {
    if (this.#sinkBroken || chunk.length === 0) return undefined;
    return stream.write(chunk).catch(() => {
      // The caller went away; the function runs on to its end, as on the service.
      this.#sinkBroken = true;
    });
  }

  streamEnded(failure: Failure | undefined): Outcome {
    const payload = failure?.payload ?? (this.request.stream === undefined ? this.#collected.take() : NOTHING);
    return { payload, failure, producedBytes: this.#bytes };
  }

  /** The function works on it no more. */
  done(): void {
    this.#done.resolve();
  }

  /** How it ended, once that is known. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /**
   * The answer is known. The caller gets it now, or at the end of the log: when it asked for that, or when the process is
   * `lost`, so that whoever calls again finds the environment ready for it.
   */
  conclude(outcome: Outcome, { durationMs, peakMemoryMb, cold, restart, lost }: Conclusion): void {
    this.#outcome = outcome;
    this.#answersAtTheEnd = lost || this.tail !== undefined;
    this.#report = {
      durationMs,
      billedDurationMs: Math.ceil(durationMs + (cold?.initDurationMs ?? 0)),
      memorySizeMb: this.#version.memoryMb,
      maxMemoryUsedMb: peakMemoryMb,
      initDurationMs: cold?.initDurationMs,
      coldStart: cold?.timings !== undefined,
      coldTimings: cold?.timings,
      ...(restart !== undefined && { restart }),
    };
    if (!this.#answersAtTheEnd) this.#answer(outcome, this.#report);
  }

  /**
   * Writes END and REPORT and ends `log`'s tail; undefined when there is no answer to report. `failure` may be younger than
   * the answer: a process that dies after it.
   */
  writeEnd(
    log: FunctionLog,
    failure: Failure | undefined,
    peakMemoryMb: number,
    nowMs: number,
  ): WrittenReport | undefined {
    const outcome = this.#outcome;
    if (outcome === undefined || this.#report === undefined) return undefined;
    const { requestId } = this.request;
    const facts = { ...this.#report, maxMemoryUsedMb: peakMemoryMb };
    if (failure !== undefined) log.platform(failureLine(requestId, failure, this.#version.timeoutMs, nowMs));
    log.platform(runtimeDone(this.request, facts.durationMs, outcome.producedBytes, failure));
    log.platform(end(requestId));
    log.platform(report(this.request, facts, failure));
    log.follow(undefined);
    this.done();
    if (this.#answersAtTheEnd) this.#answer(outcome, facts);
    return { requestId, report: facts, errorType: failure?.errorType };
  }

  /** Hands the answer to the caller. The last bytes of its stream may still be under way: see ResponseSink. */
  #answer(outcome: Outcome, facts: InvocationReport): void {
    const result: InvocationResult = {
      payload: outcome.payload,
      functionError: outcome.failure === undefined ? undefined : "Unhandled",
      errorType: outcome.failure?.errorType,
      logTail: this.tail?.text(),
      done: this.#answersAtTheEnd ? undefined : this.#done.promise,
      report: facts,
    };
    this.#resolve(result);
  }
}

export function failed(failure: Failure): Outcome {
  // What the platform found, the function has not produced.
  const producedBytes = failure.platform === undefined ? failure.payload.length : 0;
  return { payload: failure.payload, failure, producedBytes };
}
