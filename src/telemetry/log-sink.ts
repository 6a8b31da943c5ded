/**
 * The way of log lines from execution environments to the log service: bounded queues, short batches, writes in the
 * background. Writing never blocks and never throws; what does not fit or cannot be delivered is dropped, counted and
 * reported in the server's own log. No timer runs while nothing is waiting.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import type { LogSink, LogStream } from "../environments/index.ts";
import type { CallerIdentity } from "../wire/index.ts";
import { EventQueue, toEvents } from "./event-queue.ts";
import { LOG_SINK_LIMITS, type LogSinkLimits } from "./limits.ts";
import { type LogsApi, putBatch } from "./log-writer.ts";
import { rolePrincipal } from "./role-principal.ts";

export interface LogSinkOptions {
  /** The log service's API on behalf of an identity. */
  readonly logsClient: (identity: CallerIdentity) => LogsApi;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<LogSinkLimits>;
}

type Target = Parameters<LogSink["open"]>[0];

/** A stream with something to write is in exactly one state; a quiet one has no timer and no place in any list. */
type Phase =
  | { readonly kind: "quiet" }
  | { readonly kind: "gathering"; readonly timer: Timer }
  | { readonly kind: "ready" }
  | { readonly kind: "putting" };

interface Channel {
  readonly target: Target;
  readonly api: LogsApi;
  readonly queue: EventQueue;
  /** Nothing was put yet. */
  isNew: boolean;
  /** The environment may write more. */
  isOpen: boolean;
  phase: Phase;
}

export class ServiceLogSink implements LogSink, AsyncDisposable {
  readonly #options: LogSinkOptions;
  readonly #limits: LogSinkLimits;
  /** Channels that are not quiet. */
  readonly #active = new Set<Channel>();
  readonly #ready: Channel[] = [];
  readonly #abort = new AbortController();
  readonly #idleWaiters: (() => void)[] = [];
  readonly #drops: DropReport;
  #queuedBytes = 0;
  #putCount = 0;
  #isClosed = false;

  constructor(options: LogSinkOptions) {
    this.#options = options;
    this.#limits = { ...LOG_SINK_LIMITS, ...options.limits };
    this.#drops = new DropReport(options.clock, options.log, this.#limits.reportIntervalMs);
  }

  open(target: Target): LogStream {
    const principal = rolePrincipal(target.accountId, target);
    const api = this.#options.logsClient({ principal, region: target.region });
    const queue = new EventQueue(this.#limits);
    const channel: Channel = { target, api, queue, isNew: true, isOpen: true, phase: { kind: "quiet" } };
    return {
      write: (message, timestampMs) => {
        if (channel.isOpen && !this.#isClosed) this.#write(channel, message, timestampMs);
        else this.#drops.add(target, 1, "the stream is closed");
      },
      close: () => {
        channel.isOpen = false;
        this.#hasten(channel);
      },
    };
  }

  /** Resolves when everything written before has been delivered or dropped. */
  async flush(): Promise<void> {
    for (const channel of this.#active) this.#hasten(channel);
    if (this.#active.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const tooLate = Promise.withResolvers<void>();
    const timeout = this.#options.clock.schedule(this.#limits.closeTimeoutMs, () => {
      this.#abort.abort();
      for (const { queue, target } of this.#active) this.#drops.add(target, queue.clear(), "the server ended");
      tooLate.resolve();
    });
    await Promise.race([this.flush(), tooLate.promise]);
    timeout.cancel();
    this.#drops.close();
  }

  #write(channel: Channel, message: string, timestamp: number): void {
    for (const event of toEvents(message, timestamp, this.#limits.eventBytesMax)) {
      const fits =
        channel.queue.bytes + event.bytes <= this.#limits.streamBytesMax &&
        this.#queuedBytes + event.bytes <= this.#limits.totalBytesMax;
      if (!fits) {
        this.#drops.add(channel.target, 1, "they came faster than the log takes them");
        continue;
      }
      channel.queue.push(event);
      this.#queuedBytes += event.bytes;
    }
    if (channel.queue.isEmpty) return;
    if (channel.phase.kind === "quiet") this.#gather(channel);
    else if (channel.queue.isBatchFull) this.#hasten(channel);
  }

  /** Waits for more lines, unless a batch is full or somebody waits for the end. */
  #gather(channel: Channel): void {
    this.#active.add(channel);
    const timer = this.#options.clock.schedule(this.#gatherMs, () => this.#hasten(channel));
    channel.phase = { kind: "gathering", timer };
    if (channel.queue.isBatchFull || !channel.isOpen || this.#idleWaiters.length > 0) this.#hasten(channel);
  }

  /** Longer while many streams are written to: a put costs about the same whatever it holds, and somebody needs the machine. */
  get #gatherMs(): number {
    const { flushDelayMs, flushDelayMsMax, streamsAtOnce } = this.#limits;
    return Math.min(flushDelayMsMax, flushDelayMs * Math.max(1, this.#active.size / streamsAtOnce));
  }

  /** Ends the gathering of a batch. */
  #hasten(channel: Channel): void {
    if (channel.phase.kind !== "gathering") return;
    channel.phase.timer.cancel();
    channel.phase = { kind: "ready" };
    this.#ready.push(channel);
    this.#startPuts();
  }

  #startPuts(): void {
    while (this.#putCount < this.#limits.putsMax) {
      const channel = this.#ready.shift();
      if (channel === undefined) return;
      this.#putCount++;
      channel.phase = { kind: "putting" };
      void this.#put(channel);
    }
  }

  async #put(channel: Channel): Promise<void> {
    const { target, api, queue } = channel;
    const batch = queue.takeBatch();
    const name = { logGroupName: target.group, logStreamName: target.stream };
    const events = batch.map(({ timestamp, message }) => ({ timestamp, message }));
    const { clock } = this.#options;
    const { isNew } = channel;
    channel.isNew = false;
    const options = { clock, limits: this.#limits, signal: this.#abort.signal, isNew };
    const outcome = await putBatch(api, name, events, options);
    if (outcome.lost > 0) this.#drops.add(target, outcome.lost, outcome.cause);
    for (const event of batch) this.#queuedBytes -= event.bytes;
    this.#putCount--;
    if (queue.isEmpty) {
      channel.phase = { kind: "quiet" };
      this.#active.delete(channel);
    } else {
      this.#gather(channel);
    }
    this.#startPuts();
    if (this.#active.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}

/** Counts lost events and tells the operator: the first at once, then no more often than the interval. */
class DropReport {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #intervalMs: number;
  #count = 0;
  #example: Target | undefined;
  #cause: unknown;
  #timer: Timer | undefined;

  constructor(clock: Clock, log: Log, intervalMs: number) {
    this.#clock = clock;
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  add(target: Target, count: number, cause: unknown): void {
    this.#count += count;
    this.#example ??= target;
    this.#cause ??= cause;
    if (this.#timer === undefined) this.#report();
  }

  close(): void {
    this.#timer?.cancel();
    this.#report();
  }

  #report(): void {
    this.#timer = undefined;
    if (this.#count === 0) return;
    const { group, stream } = this.#example ?? {};
    this.#log.warn("log events were dropped", { count: this.#count, group, stream, error: this.#cause });
    this.#count = 0;
    this.#example = undefined;
    this.#cause = undefined;
    this.#timer = this.#clock.schedule(this.#intervalMs, () => this.#report());
  }
}
