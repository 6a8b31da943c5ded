/** The Queues port over the writer thread: checks, receipts and waiting receivers. */
import type { Clock, Log } from "../../base/index.ts";
import { checkDuration, checkInteger, checkName, checkPrefix, checkSize } from "../check.ts";
import { STORE_LIMITS } from "../limits.ts";
import type { Delivery, Queues, SendOptions, Settlement } from "../ports.ts";
import type { MessageRow, SettleHow } from "./operations.ts";
import { packed } from "./packed.ts";
import { QueueWaiters } from "./queue-waiters.ts";
import type { WriterClient } from "./writer-client.ts";

type ReceiveOptions = Parameters<Queues["receive"]>[1];

export class LocalQueues implements Queues, Disposable {
  readonly #writer: WriterClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiters: QueueWaiters;
  readonly #disposal = new AbortController();

  constructor(writer: WriterClient, clock: Clock, log: Log) {
    this.#writer = writer;
    this.#clock = clock;
    this.#log = log;
    this.#waiters = new QueueWaiters(clock);
  }

  async send(queue: string, body: Uint8Array, options: SendOptions = {}): Promise<string> {
    const { delayMs = 0, orderKey, deduplicationId } = options;
    checkName("queue name", queue);
    checkSize(`message to ${queue}`, body.byteLength, STORE_LIMITS.queueBodyBytesMax);
    if (orderKey !== undefined) checkName("order key", orderKey);
    if (deduplicationId !== undefined) checkName("deduplication id", deduplicationId);
    const now = this.#clock.now();
    const dueAt = now + checkDuration("delayMs", delayMs);
    const { id } = await this.#writer.call(
      "queues.send",
      { queue, body: packed([body], body.byteLength), now, dueAt, orderKey, deduplicationId },
      { bytes: body.byteLength, arrived: ({ duplicate }) => duplicate || this.#waiters.deliverable(queue, dueAt) },
    );
    return String(id);
  }

  async receive(queue: string, options: ReceiveOptions): Promise<readonly Delivery[]> {
    checkName("queue name", queue);
    checkInteger("max", options.max, 1, STORE_LIMITS.receiveMessagesMax);
    const visibilityMs = checkDuration("visibilityMs", options.visibilityMs);
    const waitMs = checkDuration("waitMs", options.waitMs);
    const { max, signal } = options;
    const patience = new AbortController();
    const stop = AbortSignal.any([patience.signal, this.#disposal.signal, ...(signal === undefined ? [] : [signal])]);
    using _timer = waitMs > 0 ? this.#clock.schedule(waitMs, () => patience.abort()) : undefined;
    using place = this.#waiters.enter(queue);
    for (let isLastLook = waitMs === 0; !signal?.aborted; isLastLook = stop.aborted) {
      const now = this.#clock.now();
      const look = await this.#writer.call("queues.receive", { queue, max, hiddenUntil: now + visibilityMs, now });
      if (look.messages.length > 0) return this.#handOver(queue, look.messages, signal);
      if (isLastLook || stop.aborted) return [];
      await place.news(look.nextDueAt, stop);
      if (this.#disposal.signal.aborted) return [];
    }
    return [];
  }

  settlement(queue: string, receipt: string): Settlement {
    checkName("queue name", queue);
    const [id = Number.NaN, attempt = Number.NaN] = receipt.split(".").map(Number);
    const isReceipt = Number.isSafeInteger(id) && Number.isSafeInteger(attempt);
    const settle = async (how: SettleHow): Promise<boolean> =>
      isReceipt && (await this.#settle(queue, id, attempt, how));
    return {
      ack: () => settle({ kind: "ack" }),
      nack: async ({ delayMs = 0, body } = {}) => {
        const dueAt = this.#clock.now() + checkDuration("delayMs", delayMs);
        if (body !== undefined) checkSize(`message to ${queue}`, body.byteLength, STORE_LIMITS.queueBodyBytesMax);
        return settle({ kind: "nack", dueAt, body: body && packed([body], body.byteLength) });
      },
      extend: async (visibilityMs) =>
        settle({ kind: "extend", hiddenUntil: this.#clock.now() + checkDuration("visibilityMs", visibilityMs) }),
    };
  }

  async depth(queue: string): Promise<{ readonly ready: number; readonly delayed: number; readonly inFlight: number }> {
    checkName("queue name", queue);
    return this.#writer.call("queues.depth", { queue, now: this.#clock.now() });
  }

  async list(prefix: string): Promise<readonly string[]> {
    checkPrefix("queue prefix", prefix);
    return this.#writer.call("queues.list", { prefix });
  }

  async takeOver(queue: string): Promise<number> {
    checkName("queue name", queue);
    const now = this.#clock.now();
    const arrived = (given: number): void => {
      for (let left = given; left > 0; left -= 1) this.#waiters.deliverable(queue, now);
    };
    return this.#writer.call("queues.takeOver", { queue, now }, { arrived });
  }

  async purge(queue: string): Promise<void> {
    checkName("queue name", queue);
    await this.#writer.call("queues.purge", { queue });
  }

  [Symbol.dispose](): void {
    this.#disposal.abort();
    this.#waiters[Symbol.dispose]();
  }

  /** Deliveries for whoever is still there; what an aborted receive took goes back. */
  async #handOver(
    queue: string,
    messages: readonly MessageRow[],
    signal: AbortSignal | undefined,
  ): Promise<Delivery[]> {
    if (signal?.aborted) {
      await this.#release(queue, messages);
      return [];
    }
    return messages.map(({ id, body, attempt, sentAt }) => {
      const receipt = `${id}.${attempt}`;
      return { id: String(id), body, attempt, sentAt, receipt, ...this.settlement(queue, receipt) };
    });
  }

  async #settle(queue: string, id: number, attempt: number, how: SettleHow): Promise<boolean> {
    const { settled } = await this.#writer.call(
      "queues.settle",
      { queue, id, attempt, now: this.#clock.now(), how },
      {
        bytes: how.kind === "nack" ? (how.body?.byteLength ?? 0) : 0,
        arrived: ({ deliverableAt: at }) => at === undefined || this.#waiters.deliverable(queue, at),
      },
    );
    return settled;
  }

  /** Nobody took these: they go back as if never delivered. */
  async #release(queue: string, messages: readonly MessageRow[]): Promise<void> {
    try {
      await Promise.all(messages.map(({ id, attempt }) => this.#settle(queue, id, attempt, { kind: "release" })));
    } catch (error) {
      this.#log.warn("messages of an aborted receive stay hidden until their time-out", { queue, error });
    }
  }
}
