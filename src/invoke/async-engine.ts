/**
 * Asynchronous invocation: an event is accepted when it is durable, and then tried until it is settled exactly one way.
 * One queue per function, drained only while it holds events. A failure of the function uses up a try (two more follow, a
 * minute and two minutes later); a throttle or a failure of the system uses up none and is tried again with growing waits.
 * Both end with the event's age. At least once: a server that dies while an event runs runs it again.
 */
import type { Clock, Log, Random, Timer } from "../base/index.ts";
import type { InvocationResult } from "../environments/index.ts";
import type { EventInvokeRecord } from "../lambda/index.ts";
import type { Delivery, Queues } from "../store/index.ts";
import { destinationOf, destinationRecord } from "./destination.ts";
import type { Admission, Dispatcher } from "./dispatcher.ts";
import { type AsyncEvent, decodeEvent, type EventHeader, encodeEvent } from "./event.ts";
import { BOUNDS } from "./limits.ts";
import { backoffMs, type Condition, endedBefore, verdictAfter } from "./verdict.ts";

/** Told once per event that has ended (again after a crash between the two). */
export interface Settlement {
  readonly event: AsyncEvent;
  readonly condition: Condition;
  /** Tries that reached the function. */
  readonly approximateInvokeCount: number;
  readonly executedVersion: string | undefined;
  readonly result: InvocationResult | undefined;
  /** The function's settings for this qualifier; `onSuccess` and `onFailure` name destinations. */
  readonly settings: EventInvokeRecord | undefined;
}

export interface AsyncEngineOptions {
  readonly queues: Queues;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Destinations of other services hang here. The event stays in its queue until this resolves. */
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
    const { clock, dispatcher, log } = this.#options;
    const resolution = dispatcher.resolve(header);
    const settings = resolution.kind === "resolved" ? resolution.eventInvoke : undefined;
    const reservedConcurrency = resolution.kind === "resolved" ? resolution.reservedConcurrency : undefined;
    const ageMs = clock.now() - header.acceptedAt;
    const untried = {
      event,
      settings,
      approximateInvokeCount: header.failures,
      executedVersion: undefined,
      result: undefined,
    };
    const over = endedBefore(settings, { ageMs, reservedConcurrency });
    if (over !== undefined) return this.#settle(delivery, { ...untried, condition: over });
    const admission = await dispatcher.admit(header);
    if (admission.kind === "throttled" || admission.kind === "not-ready") return this.#waitForSystem(delivery);
    if (admission.kind !== "admitted") return this.#settle(delivery, { ...untried, condition: "Dropped" });
    const result = await this.#run(admission, event).catch((error: unknown) => {
      log.warn("an asynchronous invocation failed in the system", { requestId: header.requestId, error });
      return undefined;
    });
    if (result === undefined) return this.#waitForSystem(delivery);
    const tries = header.failures + 1;
    const verdict = verdictAfter(settings, header, { ageMs, failed: result.functionError !== undefined });
    if (verdict.kind === "again") {
      return this.#again(delivery, { ...event, header: { ...header, failures: tries } }, verdict.delayMs);
    }
    const { executedVersion } = admission.resolved;
    const { condition } = verdict;
    await this.#settle(delivery, {
      event,
      settings,
      condition,
      approximateInvokeCount: tries,
      executedVersion,
      result,
    });
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

  async #waitForSystem(delivery: Delivery): Promise<void> {
    await delivery.nack({ delayMs: backoffMs(delivery.attempt) });
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

  async #settle(delivery: Delivery, settlement: Settlement): Promise<void> {
    const destination = destinationOf(settlement);
    if (destination !== undefined) await this.#inform(destination, settlement);
    await this.#options.onSettled?.(settlement);
    await delivery.ack();
  }

  /** Invokes a function as destination; other destinations are for `onSettled`. */
  async #inform(destination: string, settlement: Settlement): Promise<void> {
    const { clock, random, dispatcher, log } = this.#options;
    const { header } = settlement.event;
    const source = dispatcher.resolve(header);
    const { accountId, region } = header;
    const target = dispatcher.resolve({ accountId, region, functionName: destination });
    if (source.kind !== "resolved") return;
    if (target.kind !== "resolved") {
      const elsewhere = target.kind === "malformed";
      if (!elsewhere) log.warn("a destination function is not there", { destination, requestId: header.requestId });
      return;
    }
    await this.accept({
      payload: destinationRecord(settlement, source.qualifiedArn, clock.now()),
      header: {
        accountId,
        region,
        functionName: target.version.functionName,
        ...(target.qualifier !== "$LATEST" && { qualifier: target.qualifier }),
        requestId: random.uuid(),
        traceId: header.traceId,
        acceptedAt: clock.now(),
        failures: 0,
      },
    });
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
    let timer: Timer | undefined;
    let done = false;
    const later = (): void => {
      if (done) return;
      timer = clock.schedule(BOUNDS.asyncExtendEveryMs, () => {
        delivery.extend(BOUNDS.asyncVisibilityMs).then(later, (error: unknown) => {
          log.warn("a running event could not be kept hidden and may run twice", { error });
        });
      });
    };
    later();
    const stop = (): void => {
      done = true;
      timer?.cancel();
    };
    return { [Symbol.dispose]: stop };
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
