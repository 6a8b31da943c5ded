/**
 * The store's queues of one life, with latency and faults, over memory that outlives it. Watches every message: whose it
 * is, when it is due, and that it neither comes late nor goes away before its event has ended.
 */
import type { Delivery, Queues, SendOptions, Settlement } from "../../store/index.ts";
import { MemoryQueues, type QueueMemory } from "../../store/testing/memory-queues.ts";
import type { EventFacts, Ledger } from "./ledger.ts";
import type { Life } from "./life.ts";
import { type Owner, ownerOf } from "./messages.ts";
import type { Defect, FaultPoint } from "./plan.ts";

/** A message comes at most this long after it is due: after a refusal the engine leaves its queue alone for 8 s. */
const LATE_MS = 10_000;
/** The same for one that was due when something failed: after a start, what a former server had taken is due. */
const VERY_LATE_MS = 60_000;
/** How long a message stays hidden that nobody could keep hidden any longer. */
const VISIBILITY_MS = 300_000;
/** How long the engine leaves a queue alone that could not be read. */
const RECOVERY_MS = 10_000;

/** What is known of messages, for all lives. */
export class QueueWatch {
  readonly owners = new Map<string, Owner>();
  readonly dueAt = new Map<string, number>();
}

interface SimulatedQueuesOptions {
  readonly life: Life;
  readonly ledger: Ledger;
  readonly memory: QueueMemory;
  readonly watch: QueueWatch;
  readonly defect: Defect | undefined;
}

export class SimulatedQueues implements Queues {
  readonly #options: SimulatedQueuesOptions;
  readonly #inner: MemoryQueues;
  /** Messages whose ack was lost. */
  readonly #lost = new Set<string>();
  #sends = 0;

  constructor(options: SimulatedQueuesOptions) {
    this.#options = options;
    this.#inner = new MemoryQueues(options.life, options.memory);
  }

  /** Receivers that wait. */
  get waiting(): number {
    return this.#inner.waiting;
  }

  send(queue: string, body: Uint8Array, options: SendOptions = {}): Promise<string> {
    const owner = ownerOf(this.#options.ledger, queue, body);
    return this.#operate("send", owner, () => this.#sent(owner, queue, body, options));
  }

  async receive(queue: string, options: Parameters<Queues["receive"]>[1]): Promise<readonly Delivery[]> {
    const deliveries = await this.#options.life.operate("receive", async () => {
      const taken = await this.#inner.receive(queue, options);
      for (const { id } of taken) this.#delivered(id, options.visibilityMs);
      return taken;
    });
    return deliveries.map((delivery) => ({ ...delivery, ...this.#settlement(delivery.id, delivery) }));
  }

  settlement(queue: string, receipt: string): Settlement {
    return this.#settlement(receipt.split(".")[0] ?? "", this.#inner.settlement(queue, receipt));
  }

  depth(queue: string): ReturnType<Queues["depth"]> {
    return this.#options.life.operate("depth", () => this.#inner.depth(queue));
  }

  list(prefix: string): Promise<readonly string[]> {
    return this.#options.life.operate("list", () => this.#inner.list(prefix));
  }

  takeOver(queue: string): Promise<number> {
    const { life, watch } = this.#options;
    return life.operate("list", async () => {
      for (const id of this.#inner.underWay(queue)) watch.dueAt.set(id, life.now());
      return await this.#inner.takeOver(queue);
    });
  }

  purge(queue: string): Promise<void> {
    return this.#inner.purge(queue);
  }

  /** Delivers a message that is under way once more, as "at least once" permits, and tells whose it is. */
  redeliver(queue: string): EventFacts | undefined {
    const { life, watch } = this.#options;
    const id = this.#inner.redeliver(queue);
    if (id !== undefined) watch.dueAt.set(id, life.now());
    return watch.owners.get(id ?? "")?.event;
  }

  /** A server has started: what a former one had taken is due now. */
  started(): void {
    const { life, memory, watch } = this.#options;
    for (const queue of memory.queues.keys()) {
      for (const id of this.#inner.underWay(queue)) {
        if ((watch.dueAt.get(id) ?? 0) > life.now()) watch.dueAt.set(id, life.now());
      }
    }
  }

  async #sent(owner: Owner, queue: string, body: Uint8Array, options: SendOptions): Promise<string> {
    const { life, ledger, watch, defect } = this.#options;
    const { delayMs = 0 } = options;
    if (defect === "lost-message" && this.#sends++ % 5 === 4) return "lost";
    const id = await this.#inner.send(queue, body, options);
    if (watch.owners.has(id)) {
      ledger.note("queue", `${owner.label} is there already`);
      return id;
    }
    ledger.note("queue", `${owner.label} waits ${delayMs} ms`);
    owner.about?.event.records.push(owner.about.record);
    watch.owners.set(id, owner);
    watch.dueAt.set(id, life.now() + delayMs);
    if (!owner.isParcel) {
      owner.event.messages.add(id);
      owner.event.acceptedAt ??= life.now();
    }
    return id;
  }

  #delivered(id: string, visibilityMs: number): void {
    const { life, ledger, watch } = this.#options;
    const owner = watch.owners.get(id);
    const dueAt = watch.dueAt.get(id) ?? life.now();
    watch.dueAt.set(id, life.now() + visibilityMs);
    if (owner === undefined) return;
    owner.event.deliveredAt = life.now();
    ledger.note("queue", `${owner.label} is delivered`);
    const lateMs = life.now() - dueAt;
    const isLate = lateMs > LATE_MS && ledger.healthySince(dueAt - RECOVERY_MS);
    if (isLate || (lateMs > VERY_LATE_MS && ledger.healthySince(dueAt + 1))) {
      ledger.violate("on-time", `${owner.label} came ${lateMs} ms after it was due, though nothing failed`);
    }
  }

  #settlement(id: string, inner: Settlement): Settlement {
    const { life, ledger, watch, defect } = this.#options;
    const owner = watch.owners.get(id);
    const told = (what: string, settled: boolean): boolean => {
      ledger.note("queue", `${owner?.label ?? id} ${what}${settled ? "" : ": too late"}`);
      if (!settled && owner?.event.doubts === 0) {
        ledger.violate("stays-hidden", `${owner.label} became visible to others while it ran`);
      }
      return settled;
    };
    const ack = async (): Promise<boolean> => {
      if (defect === "lost-ack" && Number(id) % 5 === 0 && !this.#lost.has(id)) {
        this.#lost.add(id);
        return true;
      }
      const settled = told("ack", await inner.ack());
      if (settled) this.#gone(owner, id);
      return settled;
    };
    const nack: Settlement["nack"] = async (given) => {
      const { body: _new, ...unchanged } = given ?? {};
      const options = defect === "old-body" ? unchanged : defect === "early" ? { ...given, delayMs: 0 } : given;
      const settled = told(`nack ${options?.delayMs ?? 0} ms`, await inner.nack(options));
      if (settled) watch.dueAt.set(id, life.now() + (options?.delayMs ?? 0));
      return settled;
    };
    const extend = async (visibilityMs: number): Promise<boolean> => {
      const settled = await inner.extend(visibilityMs);
      if (settled) watch.dueAt.set(id, life.now() + visibilityMs);
      return settled;
    };
    return {
      ack: () => this.#operate("ack", owner, ack),
      nack: (options) => this.#operate("nack", owner, () => nack(options)),
      extend: (visibilityMs) => this.#operate("extend", owner, () => extend(visibilityMs)),
    };
  }

  #gone(owner: Owner | undefined, id: string): void {
    if (owner === undefined || owner.isParcel) return;
    const { event } = owner;
    event.messages.delete(id);
    if (event.messages.size === 0 && event.ends.length === 0) {
      this.#options.ledger.violate("nothing-lost", `${event.label} left the queue before it had ended`);
    }
  }

  #operate<T>(point: FaultPoint, owner: Owner | undefined, commit: () => Promise<T>): Promise<T> {
    const { ledger, life } = this.#options;
    return life.operate(point, commit, () => {
      if (owner === undefined) return;
      const lastsMs = point === "extend" || point === "nack" ? VISIBILITY_MS : 0;
      ledger.doubt(owner.event, lastsMs);
      if (owner.about !== undefined) ledger.doubt(owner.about.event, lastsMs);
    });
  }
}
