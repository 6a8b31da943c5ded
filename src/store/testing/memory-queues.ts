/**
 * The Queues port in memory, for simulations: all of the port's promises but the disk. What a disk would hold is a
 * QueueMemory, which outlives the MemoryQueues that work on it, as a data folder outlives its servers.
 */
import type { Clock } from "../../base/index.ts";
import { checkDuration, checkInteger, checkName, checkPrefix, checkSize } from "../check.ts";
import { STORE_LIMITS } from "../limits.ts";
import type { Delivery, Queues, SendOptions, Settlement } from "../ports.ts";

interface Message {
  readonly id: number;
  body: Uint8Array;
  readonly orderKey: string | undefined;
  readonly sentAt: number;
  dueAt: number;
  delivered: boolean;
  attempt: number;
}

/** What stays when a server goes. */
export class QueueMemory {
  readonly queues = new Map<string, Message[]>();
  /** By queue and deduplication id. */
  readonly sent = new Map<string, { readonly id: number; readonly at: number }>();
  nextId = 1;
}

export class MemoryQueues implements Queues {
  readonly #clock: Clock;
  readonly #memory: QueueMemory;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock, memory: QueueMemory = new QueueMemory()) {
    this.#clock = clock;
    this.#memory = memory;
  }

  /** Receivers that wait for a message. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async send(queue: string, body: Uint8Array, options: SendOptions = {}): Promise<string> {
    const { delayMs = 0, orderKey, deduplicationId } = options;
    checkName("queue name", queue);
    checkSize(`message to ${queue}`, body.byteLength, STORE_LIMITS.queueBodyBytesMax);
    const now = this.#clock.now();
    const dueAt = now + checkDuration("delayMs", delayMs);
    const name = `${queue}\0${deduplicationId}`;
    const first = deduplicationId === undefined ? undefined : this.#memory.sent.get(name);
    if (first !== undefined && now - first.at < STORE_LIMITS.deduplicationMs) return String(first.id);
    const id = this.#memory.nextId++;
    if (deduplicationId !== undefined) this.#memory.sent.set(name, { id, at: now });
    const messages = this.#memory.queues.get(queue) ?? [];
    this.#memory.queues.set(queue, messages);
    messages.push({ id, body: body.slice(), orderKey, sentAt: now, dueAt, delivered: false, attempt: 0 });
    this.#wake(queue);
    return String(id);
  }

  async receive(queue: string, options: Parameters<Queues["receive"]>[1]): Promise<readonly Delivery[]> {
    checkName("queue name", queue);
    checkInteger("max", options.max, 1, STORE_LIMITS.receiveMessagesMax);
    const visibilityMs = checkDuration("visibilityMs", options.visibilityMs);
    const until = this.#clock.now() + checkDuration("waitMs", options.waitMs);
    // As with a store on a disk, a look takes a moment, in which the caller may turn away.
    await Promise.resolve();
    while (!options.signal?.aborted) {
      const taken = this.#take(queue, options.max, visibilityMs);
      if (taken.length > 0 || this.#clock.now() >= until) return taken;
      await this.#news(queue, until, options.signal);
    }
    return [];
  }

  settlement(queue: string, receipt: string): Settlement {
    checkName("queue name", queue);
    const settle = async (change: (message: Message, now: number) => void): Promise<boolean> => {
      const now = this.#clock.now();
      const messages = this.#memory.queues.get(queue) ?? [];
      const held = messages.find((message) => `${message.id}.${message.attempt}` === receipt);
      if (held === undefined || !held.delivered || held.dueAt <= now) return false;
      change(held, now);
      this.#wake(queue);
      return true;
    };
    return {
      ack: () => settle((message) => this.#remove(queue, message)),
      nack: async ({ delayMs = 0, body } = {}) => {
        const delay = checkDuration("delayMs", delayMs);
        if (body !== undefined) checkSize(`message to ${queue}`, body.byteLength, STORE_LIMITS.queueBodyBytesMax);
        return settle((message, now) => {
          message.delivered = false;
          message.dueAt = now + delay;
          if (body !== undefined) message.body = body.slice();
        });
      },
      extend: async (visibilityMs) => {
        const visibility = checkDuration("visibilityMs", visibilityMs);
        return settle((message, now) => {
          message.dueAt = now + visibility;
        });
      },
    };
  }

  async depth(queue: string): Promise<{ readonly ready: number; readonly delayed: number; readonly inFlight: number }> {
    checkName("queue name", queue);
    const messages = this.#memory.queues.get(queue) ?? [];
    const later = messages.filter(({ dueAt }) => dueAt > this.#clock.now());
    const inFlight = later.filter(({ delivered }) => delivered).length;
    return { ready: messages.length - later.length, delayed: later.length - inFlight, inFlight };
  }

  async list(prefix: string): Promise<readonly string[]> {
    checkPrefix("queue prefix", prefix);
    return [...this.#memory.queues.keys()].filter((name) => name.startsWith(prefix));
  }

  async takeOver(queue: string): Promise<number> {
    checkName("queue name", queue);
    const orphans = (this.#memory.queues.get(queue) ?? []).filter(({ delivered }) => delivered);
    for (const message of orphans) {
      message.delivered = false;
      message.dueAt = Math.min(message.dueAt, this.#clock.now());
    }
    this.#wake(queue);
    return orphans.length;
  }

  async purge(queue: string): Promise<void> {
    checkName("queue name", queue);
    this.#memory.queues.delete(queue);
  }

  /** Ids of messages that somebody received and did not settle. */
  underWay(queue: string): readonly string[] {
    const messages = this.#memory.queues.get(queue) ?? [];
    return messages.filter(({ delivered }) => delivered).map(({ id }) => String(id));
  }

  /** Shows a delivered message to receivers again before its time, as "at least once" permits; its id, or undefined. */
  redeliver(queue: string): string | undefined {
    const message = this.#memory.queues
      .get(queue)
      ?.find(({ delivered, dueAt }) => delivered && dueAt > this.#clock.now());
    if (message === undefined) return undefined;
    message.dueAt = this.#clock.now();
    this.#wake(queue);
    return String(message.id);
  }

  #take(queue: string, max: number, visibilityMs: number): Delivery[] {
    const now = this.#clock.now();
    const messages = this.#memory.queues.get(queue) ?? [];
    const inTurn = (message: Message): boolean =>
      message.orderKey === undefined || messages.find(({ orderKey }) => orderKey === message.orderKey) === message;
    const taken = messages.filter((message) => message.dueAt <= now && inTurn(message)).slice(0, max);
    return taken.map((message) => {
      message.dueAt = now + visibilityMs;
      message.delivered = true;
      message.attempt += 1;
      const { id, body, attempt, sentAt } = message;
      const receipt = `${id}.${attempt}`;
      return { id: String(id), body, attempt, sentAt, receipt, ...this.settlement(queue, receipt) };
    });
  }

  #remove(queue: string, message: Message): void {
    const left = (this.#memory.queues.get(queue) ?? []).filter((other) => other !== message);
    if (left.length > 0) this.#memory.queues.set(queue, left);
    else this.#memory.queues.delete(queue);
  }

  #wake(queue: string): void {
    for (const wake of [...(this.#waiting.get(queue) ?? [])]) wake();
  }

  /** Resolves after a change of the queue, when its next message is due, at `until`, or when `signal` aborts. */
  async #news(queue: string, until: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const row = this.#waiting.get(queue) ?? new Set();
    this.#waiting.set(queue, row.add(resolve));
    const now = this.#clock.now();
    const dueAt = (this.#memory.queues.get(queue) ?? []).map((message) => message.dueAt).filter((at) => at > now);
    using _timer = this.#clock.schedule(Math.min(until, ...dueAt) - now, resolve);
    const abort = (): void => resolve();
    signal?.addEventListener("abort", abort, { once: true });
    await promise;
    signal?.removeEventListener("abort", abort);
    row.delete(resolve);
    if (row.size === 0) this.#waiting.delete(queue);
  }
}
