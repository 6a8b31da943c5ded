/**
 * Asynchronous invocation: an event is accepted when it is durable, and then tried until it is settled exactly one way.
 * One queue per function, drained only while it holds events. A failure of the function uses up a try (two more follow, a
 * minute and two minutes later); a throttle or a failure of the system uses up none and is tried again with growing waits.
 * Both end with the event's age. At least once: a server that dies while an event runs runs it again.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import type { InvocationResult } from "../environments/index.ts";
import type { Delivery, Queues } from "../store/index.ts";
import type { Admission, Dispatcher, Refusal } from "./dispatcher.ts";
import { type AsyncEvent, decodeEvent, type EventHeader, encodeEvent } from "./event.ts";
import { BOUNDS, LIMITS } from "./limits.ts";

/** How an event ended. AWS's `condition` values, and `Dropped` for events whose function is gone. */
export type Condition = "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency" | "Dropped";

/** Told once per event that has ended (again after a crash between the two). */
export interface Settlement {
  readonly event: AsyncEvent;
  readonly condition: Condition;
  /** Tries that reached the function. */
  readonly approximateInvokeCount: number;
  readonly executedVersion: string | undefined;
  readonly result: InvocationResult | undefined;
}

export interface AsyncEngineOptions {
  readonly queues: Queues;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
  /** Destinations hang here. The event stays in its queue until this resolves. */
  readonly onSettled?: (settlement: Settlement) => Promise<void>;
}

const PREFIX = "lambda-async/";

export class AsyncEngine implements AsyncDisposable {
  readonly #options: AsyncEngineOptions;
  readonly #drainers = new Map<string, Drainer>();
  readonly #stop = new AbortController();
  #running = 0;

  constructor(options: AsyncEngineOptions) {
    this.#options = options;
  }

  /** Takes up the events that a former server left. */
  async start(): Promise<void> {
    for (const queue of await this.#options.queues.list(PREFIX)) this.#drain(queue);
  }

  /** Resolves when the event is durable. */
  async accept(event: AsyncEvent): Promise<void> {
    const queue = queueOf(event.header);
    await this.#options.queues.send(queue, encodeEvent(event));
    this.#drain(queue);
  }

  /** No further events are started; those under way have a moment to finish. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const { promise: waitedEnough, resolve } = Promise.withResolvers<void>();
    using _timer = this.#options.clock.schedule(BOUNDS.asyncStopMs, resolve);
    await Promise.race([Promise.all([...this.#drainers.values()].map(({ done }) => done)), waitedEnough]);
  }

  #drain(queue: string): void {
    if (this.#stop.signal.aborted) return;
    const drainer = this.#drainers.get(queue);
    if (drainer !== undefined) {
      drainer.calls += 1;
      return;
    }
    const fresh: Drainer = { calls: 0, inFlight: new Set(), done: Promise.resolve() };
    this.#drainers.set(queue, fresh);
    fresh.done = this.#drainUntilEmpty(queue, fresh).catch((error: unknown) => {
      this.#drainers.delete(queue);
      if (!this.#stop.signal.aborted)
        this.#options.log.error("events wait, their queue cannot be read", { queue, error });
    });
  }

  async #drainUntilEmpty(queue: string, drainer: Drainer): Promise<void> {
    const { queues } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const calls = drainer.calls;
      const free = Math.min(BOUNDS.asyncPerFunction - drainer.inFlight.size, BOUNDS.asyncTotal - this.#running);
      if (free <= 0) {
        await Promise.race(drainer.inFlight.size > 0 ? drainer.inFlight : this.#allInFlight());
        continue;
      }
      const deliveries = await queues.receive(queue, {
        max: free,
        visibilityMs: BOUNDS.asyncVisibilityMs,
        waitMs: BOUNDS.asyncIdleMs,
        signal,
      });
      for (const delivery of deliveries) this.#begin(drainer, delivery);
      if (deliveries.length > 0 || drainer.inFlight.size > 0) continue;
      const depth = await queues.depth(queue);
      if (depth.ready + depth.delayed + depth.inFlight === 0 && drainer.calls === calls) break;
    }
    await Promise.all(drainer.inFlight);
    this.#drainers.delete(queue);
  }

  #allInFlight(): Promise<void>[] {
    return [...this.#drainers.values()].flatMap(({ inFlight }) => [...inFlight]);
  }

  #begin(drainer: Drainer, delivery: Delivery): void {
    this.#running += 1;
    const work = this.#tryOnce(delivery)
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#options.log.error("an asynchronous event could not be handled; it will be tried again", { error });
      })
      .finally(() => {
        this.#running -= 1;
        drainer.inFlight.delete(work);
      });
    drainer.inFlight.add(work);
  }

  async #tryOnce(delivery: Delivery): Promise<void> {
    const event = this.#decode(delivery);
    if (event === undefined) {
      await delivery.ack();
      return;
    }
    using _hidden = this.#keepHidden(delivery);
    const { header } = event;
    const resolution = this.#options.dispatcher.resolve(header);
    const settings = resolution.kind === "resolved" ? resolution.eventInvoke : undefined;
    const ageMs = this.#options.clock.now() - header.acceptedAt;
    const maxAgeMs = (settings?.maximumEventAgeSeconds ?? LIMITS.asyncEventAgeMs / 1000) * 1000;
    if (resolution.kind === "resolved" && resolution.reservedConcurrency === 0) {
      return this.#settle(delivery, {
        event,
        condition: "ZeroReservedConcurrency",
        approximateInvokeCount: header.failures,
      });
    }
    if (ageMs > maxAgeMs) {
      return this.#settle(delivery, { event, condition: "EventAgeExceeded", approximateInvokeCount: header.failures });
    }
    const admission = await this.#options.dispatcher.admit(header);
    if (admission.kind !== "admitted") return this.#refused(delivery, event, admission);
    const result = await this.#run(admission, event).catch((error: unknown) => {
      this.#options.log.warn("an asynchronous invocation failed in the system", { requestId: header.requestId, error });
      return undefined;
    });
    if (result === undefined) return void (await delivery.nack({ delayMs: backoffMs(delivery.attempt) }));
    const { executedVersion } = admission.resolved;
    const tries = header.failures + 1;
    if (result.functionError === undefined) {
      return this.#settle(delivery, {
        event,
        condition: "Success",
        approximateInvokeCount: tries,
        executedVersion,
        result,
      });
    }
    const retries = settings?.maximumRetryAttempts ?? LIMITS.asyncRetries;
    const delayMs = LIMITS.asyncRetryDelaysMs[header.failures] ?? LIMITS.asyncRetryDelaysMs[1];
    if (tries > retries) {
      return this.#settle(delivery, {
        event,
        condition: "RetriesExhausted",
        approximateInvokeCount: tries,
        executedVersion,
        result,
      });
    }
    if (ageMs + delayMs > maxAgeMs) {
      return this.#settle(delivery, {
        event,
        condition: "EventAgeExceeded",
        approximateInvokeCount: tries,
        executedVersion,
        result,
      });
    }
    await this.#again(delivery, { ...event, header: { ...header, failures: tries } }, delayMs);
  }

  /** The next try is durable before this one is taken away; its name keeps a crash in between from doubling it. */
  async #again(delivery: Delivery, event: AsyncEvent, delayMs: number): Promise<void> {
    const { requestId, failures } = event.header;
    await this.#options.queues.send(queueOf(event.header), encodeEvent(event), {
      delayMs,
      deduplicationId: `${requestId}/${failures}`,
    });
    await delivery.ack();
  }

  async #refused(delivery: Delivery, event: AsyncEvent, refusal: Refusal): Promise<void> {
    if (refusal.kind === "throttled" || refusal.kind === "not-ready") {
      await delivery.nack({ delayMs: backoffMs(delivery.attempt) });
      return;
    }
    await this.#settle(delivery, { event, condition: "Dropped", approximateInvokeCount: event.header.failures });
  }

  #run(admission: Admission, { header, payload }: AsyncEvent): Promise<InvocationResult> {
    return admission.run({
      requestId: header.requestId,
      payload,
      traceId: header.traceId,
      tail: false,
      ...(header.clientContext !== undefined && { clientContext: header.clientContext }),
    });
  }

  async #settle(
    delivery: Delivery,
    settlement: Omit<Settlement, "executedVersion" | "result"> & Partial<Settlement>,
  ): Promise<void> {
    await this.#options.onSettled?.({ executedVersion: undefined, result: undefined, ...settlement });
    await delivery.ack();
  }

  #decode(delivery: Delivery): AsyncEvent | undefined {
    try {
      return decodeEvent(delivery.body);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#options.log.error("an event in the queue is unreadable and was dropped", { id: delivery.id, error });
      return undefined;
    }
  }

  /** Extends the delivery again and again until disposed. */
  #keepHidden(delivery: Delivery): Disposable {
    const { clock, log } = this.#options;
    let timer: Timer;
    const later = (): void => {
      timer = clock.schedule(BOUNDS.asyncExtendEveryMs, () => {
        delivery.extend(BOUNDS.asyncVisibilityMs).then(later, (error: unknown) => {
          log.warn("a running event could not be kept hidden and may run twice", { error });
        });
      });
    };
    later();
    return { [Symbol.dispose]: () => timer.cancel() };
  }
}

interface Drainer {
  /** Grows with every event that asks for this drainer, so that it does not end just then. */
  calls: number;
  readonly inFlight: Set<Promise<void>>;
  done: Promise<void>;
}

function queueOf(header: EventHeader): string {
  const name = header.functionName;
  return `${PREFIX}${header.accountId}/${header.region}/${name}`;
}

function backoffMs(attempt: number): number {
  return Math.min(LIMITS.asyncBackoffMinMs * 2 ** Math.min(attempt - 1, 20), LIMITS.asyncBackoffMaxMs);
}
