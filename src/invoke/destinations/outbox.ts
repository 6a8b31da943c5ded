/**
 * The way of records to destinations and of events to dead-letter queues: durable before the event they tell of is gone,
 * then handed over until it worked, was refused for good, or took too long. What could not be delivered is a line in the
 * server's log and a count, as on AWS. Invariant: one target that is slow or gone delays nothing but its own parcels.
 */
import type { Clock, Log, MetricSink } from "../../base/index.ts";
import type { Delivery, Queues } from "../../store/index.ts";
import { type Arn, parseArn } from "../../wire/index.ts";
import { BOUNDS } from "../limits.ts";
import { decodeMessage, encodeMessage, putOff } from "../message.ts";
import { METRICS, subjectOf } from "../metrics.ts";
import { type Handled, QueueDrain } from "../queue-drain.ts";
import { putToBus } from "./eventbridge.ts";
import { mayPass } from "./failure.ts";
import { putToBucket } from "./s3.ts";
import { publishToTopic } from "./sns.ts";
import { sendToQueue } from "./sqs.ts";
import {
  type Carry,
  isParcelHeader,
  onceOnly,
  type Parcel,
  type ParcelHeader,
  type TargetService,
  type TargetServices,
  Undeliverable,
} from "./target.ts";

const PREFIX = "lambda-deliveries/";
const CARRIERS: { readonly [S in TargetService]: Carry<S> } = {
  sqs: sendToQueue,
  sns: publishToTopic,
  events: putToBus,
  s3: putToBucket,
};

export interface OutboxOptions {
  readonly queues: Queues;
  readonly services: TargetServices;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricSink;
}

export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions;
  readonly #drain: QueueDrain;

  constructor(options: OutboxOptions) {
    const { queues, clock, log } = options;
    this.#options = options;
    this.#drain = new QueueDrain({
      queues,
      clock,
      log,
      prefix: PREFIX,
      poolOf: (queue) => ({ name: queue, limit: BOUNDS.deliveriesPerTarget }),
      handle: (delivery) => this.#handle(delivery),
    });
  }

  start(): Promise<void> {
    return this.#drain.start();
  }

  /** Resolves when the parcel is durable. One that cannot be kept is recorded as undelivered. */
  async send(parcel: Parcel): Promise<void> {
    const { header } = parcel;
    const queue = queueOf(header);
    const body = encodeMessage(parcel);
    try {
      await this.#options.queues.send(queue, body, { deduplicationId: onceOnly(header) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.undelivered(header, error);
    } finally {
      // A send that failed may have happened all the same.
      this.#drain.follow(queue);
    }
  }

  /** Records that a target will never get its parcel. */
  undelivered(header: ParcelHeader, error: unknown): void {
    const { log, metrics } = this.#options;
    const metric = header.kind === "dead-letter" ? METRICS.deadLetterErrors : METRICS.destinationDeliveryFailures;
    metrics.record(metric, subjectOf(header));
    log.warn(`the ${header.kind === "dead-letter" ? "dead letter" : "record"} of an asynchronous event is lost`, {
      target: header.targetArn,
      function: header.sourceArn,
      requestId: header.requestId,
      reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#drain[Symbol.asyncDispose]();
  }

  async #handle(delivery: Delivery): Promise<Handled> {
    const { clock, log } = this.#options;
    const parcel = this.#decode(delivery);
    if (parcel === undefined) {
      await delivery.ack();
      return "ended";
    }
    const { header } = parcel;
    try {
      await this.#carry(parcel);
    } catch (error) {
      const { body, delayMs } = putOff(parcel);
      const isLate = clock.now() + delayMs - header.endedAt > BOUNDS.deliveryAgeMs;
      if (mayPass(error) && !isLate) {
        log.info("a record could not be delivered and is tried again", { target: header.targetArn, delayMs, error });
        await delivery.nack({ delayMs, body });
        return "ended";
      }
      this.undelivered(header, error);
    }
    await delivery.ack();
    return "ended";
  }

  #carry(parcel: Parcel): Promise<void> {
    const target = parseArn(parcel.header.targetArn);
    if (target === undefined || !isTargetService(target.service)) {
      throw new Undeliverable(`no records are sent to ${parcel.header.targetArn}`);
    }
    return this.#carryBy(target.service, parcel, target);
  }

  async #carryBy<S extends TargetService>(service: S, parcel: Parcel, target: Arn): Promise<void> {
    const region = target.region || parcel.header.region;
    const reached = await this.#options.services.reach(service, { bearer: parcel.header, region });
    if (reached === undefined) throw new Undeliverable(`there is no service ${service} here`);
    await CARRIERS[service](reached, parcel, target);
  }

  #decode(delivery: Delivery): Parcel | undefined {
    try {
      return decodeMessage(delivery.body, isParcelHeader);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#options.log.error("a record in the queue is unreadable and was dropped", { id: delivery.id, error });
      return undefined;
    }
  }
}

function isTargetService(service: string): service is TargetService {
  return Object.hasOwn(CARRIERS, service);
}

/** One queue per target, so that one that hangs holds up only what is for it. */
function queueOf({ accountId, region, targetArn }: ParcelHeader): string {
  return `${PREFIX}${accountId}/${region}/${targetArn}`;
}
