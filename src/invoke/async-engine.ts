/**
 * Asynchronous invocation: an event is accepted when it is durable, and then tried until it is settled exactly one way.
 * One queue per function. A failure of the function uses up a try (two more follow, a minute and two minutes later); a
 * throttle or a failure of the system uses up none and is tried again with growing waits. Both end with the event's age.
 * What became of an event is durable on its way to its destinations before the event is gone. At least once: a server
 * that dies while an event runs runs it again.
 */
import { type Clock, type Log, type MetricSink, noMetrics, type Random } from "../base/index.ts";
import type { InvocationResult } from "../environments/index.ts";
import type { EventInvokeRecord } from "../lambda/index.ts";
import type { Delivery, Queues } from "../store/index.ts";
import { type Place, parseArn } from "../wire/index.ts";
import { addressed } from "./destinations/addressed.ts";
import { Outbox } from "./destinations/outbox.ts";
import { onceOnly, type Parcel, type TargetServices, Undeliverable } from "./destinations/target.ts";
import type { Admission, Dispatcher } from "./dispatcher.ts";
import { type AsyncEvent, decodeEvent, encodeEvent } from "./event.ts";
import { BOUNDS, LIMITS } from "./limits.ts";
import { putOff } from "./message.ts";
import { METRICS, subjectOf } from "./metrics.ts";
import { type Handled, QueueDrain, type SlotPool } from "./queue-drain.ts";
import { type Condition, endedBefore, maxAgeMs, verdictAfter } from "./verdict.ts";

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

/** A function by its name alone. */
export type FunctionInPlace = Place & { readonly functionName: string };

export interface AsyncEngineOptions {
  readonly queues: Queues;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whose slots a function's events take, and how many there are. Default: AWS's account limit, shared by all. */
  readonly capacityOf?: (target: FunctionInPlace) => SlotPool;
  /** Services that destinations and dead-letter queues are in. Default: none. */
  readonly services?: TargetServices;
  readonly metrics?: MetricSink;
  /** Told of every event that has ended. The event stays in its queue until this resolves. */
  readonly onSettled?: (settlement: Settlement) => Promise<void>;
}

const PREFIX = "lambda-async/";

/** Events of one function: due, waiting for a later try, and running or about to. */
export interface Backlog extends FunctionInPlace {
  readonly ready: number;
  readonly delayed: number;
  readonly inFlight: number;
}

/** Without other services nobody knows whom another account lets in. */
const NO_SERVICES: TargetServices = {
  reach: async () => undefined,
  async requireInvoke({ accountId }, functionArn) {
    if (parseArn(functionArn)?.accountId !== accountId) throw new Undeliverable("it is another account's function");
  },
};

export class AsyncEngine implements AsyncDisposable {
  readonly #options: AsyncEngineOptions;
  readonly #metrics: MetricSink;
  readonly #outbox: Outbox;
  readonly #drain: QueueDrain;

  constructor(options: AsyncEngineOptions) {
    const { queues, clock, log, metrics = noMetrics, services = NO_SERVICES } = options;
    const { capacityOf = () => ({ name: "account", limit: LIMITS.accountConcurrency }) } = options;
    this.#options = options;
    this.#metrics = metrics;
    this.#outbox = new Outbox({ queues, services, clock, log, metrics });
    this.#drain = new QueueDrain({
      queues,
      clock,
      log,
      prefix: PREFIX,
      poolOf: (queue) => capacityOf(functionOf(queue)),
      handle: (delivery) => this.#tryOnce(delivery),
    });
  }

  /** Takes up the events that a former server left, and the records that it had not delivered. */
  async start(): Promise<void> {
    await Promise.all([this.#drain.start(), this.#outbox.start()]);
  }

  /** Resolves when the event is durable. A second one with the same `deduplicationId` within minutes is dropped. */
  async accept(event: AsyncEvent, deduplicationId?: string): Promise<void> {
    const queue = queueOf(event.header);
    const options = deduplicationId === undefined ? {} : { deduplicationId };
    try {
      await this.#options.queues.send(queue, encodeEvent(event), options);
    } finally {
      // A send that failed may have happened all the same.
      this.#drain.follow(queue);
    }
    this.#metrics.record(METRICS.asyncEventsReceived, subjectOf(event.header));
  }

  /** The functions that have events, in no order and at most so many as one look may count. */
  async backlog(): Promise<readonly Backlog[]> {
    const { queues } = this.#options;
    const names = (await queues.list(PREFIX)).slice(0, BOUNDS.backlogMax);
    return Promise.all(names.map(async (queue) => ({ ...functionOf(queue), ...(await queues.depth(queue)) })));
  }

  /** To be called when functions may have got more or less concurrency. */
  capacityChanged(): void {
    this.#drain.limitsChanged();
  }

  /** No further events are started; those under way have a moment to finish. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drain[Symbol.asyncDispose]();
    await this.#outbox[Symbol.asyncDispose]();
  }

  async #tryOnce(delivery: Delivery): Promise<Handled> {
    const event = this.#decode(delivery);
    if (event === undefined) {
      await delivery.ack();
      return "ended";
    }
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
    if (admission.kind === "throttled" || admission.kind === "not-ready") return this.#wait(delivery, event, settings);
    if (admission.kind === "recursive") {
      return this.#settle(delivery, { ...untried, condition: "RecursiveInvocation" });
    }
    if (admission.kind !== "admitted") return this.#settle(delivery, { ...untried, condition: "Dropped" });
    this.#metrics.record(METRICS.asyncEventAge, subjectOf(header), ageMs);
    const result = await this.#run(admission, event).catch((error: unknown) => {
      log.warn("an asynchronous invocation failed in the system", { requestId: header.requestId, error });
      return undefined;
    });
    if (result === undefined) return this.#wait(delivery, event, settings);
    const tries = header.failures + 1;
    const verdict = verdictAfter(settings, header, { ageMs, failed: result.functionError !== undefined });
    if (verdict.kind === "again") {
      return this.#again(delivery, { ...event, header: { ...header, failures: tries, refusals: 0 } }, verdict.delayMs);
    }
    const { executedVersion } = admission.resolved;
    const { condition } = verdict;
    return this.#settle(delivery, {
      event,
      settings,
      condition,
      approximateInvokeCount: tries,
      executedVersion,
      result,
    });
  }

  /** The event itself goes back into the queue, with its failures counted, so that no crash can double it. */
  async #again(delivery: Delivery, event: AsyncEvent, delayMs: number): Promise<Handled> {
    await delivery.nack({ delayMs, body: encodeEvent(event) });
    return "ended";
  }

  /** Back into the queue, until it may work or the event has become too old. */
  async #wait(delivery: Delivery, event: AsyncEvent, settings: Settlement["settings"]): Promise<Handled> {
    const leftMs = event.header.acceptedAt + maxAgeMs(settings) - this.#options.clock.now();
    const { body, delayMs } = putOff(event);
    await delivery.nack({ delayMs: Math.min(delayMs, Math.max(leftMs, 0) + 1), body });
    return "refused";
  }

  #run(admission: Admission, { header, payload }: AsyncEvent): Promise<InvocationResult> {
    return admission.run({
      requestId: header.requestId,
      payload,
      traceId: header.traceId,
      tail: false,
      ...(header.clientContext !== undefined && { clientContext: header.clientContext }),
      ...(header.tenantId !== undefined && { tenantId: header.tenantId }),
    });
  }

  async #settle(delivery: Delivery, settlement: Settlement): Promise<Handled> {
    const { clock, random, dispatcher, onSettled } = this.#options;
    const { condition, event } = settlement;
    const source = dispatcher.resolve(event.header);
    const parcels =
      source.kind === "resolved"
        ? addressed(settlement, source, { endedAt: clock.now(), newId: () => random.uuid() })
        : [];
    await Promise.all(parcels.map((parcel) => this.#send(parcel)));
    await onSettled?.(settlement);
    if (condition !== "Success") this.#metrics.record(METRICS.asyncEventsDropped, subjectOf(event.header));
    await delivery.ack();
    return "ended";
  }

  #send(parcel: Parcel): Promise<void> {
    return parseArn(parcel.header.targetArn)?.service === "lambda" ? this.#invoke(parcel) : this.#outbox.send(parcel);
  }

  /** A function as destination: its event is as durable as any other. */
  async #invoke({ header, payload }: Parcel): Promise<void> {
    const { clock, dispatcher } = this.#options;
    const { region } = header;
    const accountId = parseArn(header.targetArn)?.accountId ?? header.accountId;
    const target = { accountId, region, functionName: header.targetArn };
    const resolution = dispatcher.resolve(target);
    if (resolution.kind !== "resolved") {
      this.#outbox.undelivered(header, new Undeliverable("there is no such function"));
      return;
    }
    if (payload.byteLength > LIMITS.asyncPayloadBytes) {
      this.#outbox.undelivered(header, new Undeliverable(`${payload.byteLength} bytes are too large for an event`));
      return;
    }
    try {
      const { services = NO_SERVICES } = this.#options;
      await services.requireInvoke(header, header.targetArn);
    } catch (error) {
      this.#outbox.undelivered(header, error);
      return;
    }
    const event = {
      payload,
      header: {
        accountId,
        region,
        functionName: resolution.version.functionName,
        ...(resolution.qualifier !== "$LATEST" && { qualifier: resolution.qualifier }),
        requestId: header.parcelId,
        traceId: dispatcher.continueTrace(header.traceId, target),
        acceptedAt: clock.now(),
        failures: 0,
      },
    };
    await this.accept(event, onceOnly(header));
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
}

function queueOf({ accountId, region, functionName }: FunctionInPlace): string {
  return `${PREFIX}${accountId}/${region}/${functionName}`;
}

function functionOf(queue: string): FunctionInPlace {
  const [accountId = "", region = "", functionName = ""] = queue.slice(PREFIX.length).split("/");
  return { accountId, region, functionName };
}
