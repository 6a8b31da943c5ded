/** The model of the Queues port: a plain array and a clock that the test turns. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { Delivery } from "../ports.ts";
import { bytes, type MakeQueues, seedOf, text } from "./store-under-test.ts";

interface ModelMessage {
  readonly id: string;
  readonly body: string;
  readonly orderKey: string | undefined;
  dueAt: number;
  inFlight: boolean;
  attempt: number;
}

const command = fc.oneof(
  fc.record({
    op: fc.constant("send" as const),
    delayMs: fc.constantFrom(0, 0, 0, 50),
    orderKey: fc.constantFrom(undefined, undefined, "k", "l"),
    deduplicationId: fc.constantFrom(undefined, undefined, undefined, "d"),
  }),
  fc.record({ op: fc.constant("receive" as const), max: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    op: fc.constantFrom("ack" as const, "ack" as const, "nack" as const, "extend" as const),
    pick: fc.nat(),
    delayMs: fc.constantFrom(0, 30),
  }),
  fc.record({ op: fc.constant("advance" as const), ms: fc.constantFrom(1, 30, 60) }),
  fc.record({ op: fc.constant("purge" as const) }),
  fc.record({ op: fc.constant("takeOver" as const) }),
);

const VISIBILITY_MS = 100;

export async function queuesModelTest(make: MakeQueues, t: { diagnostic(message: string): void }): Promise<void> {
  const clock = new ManualClock();
  await using made = await make(clock);
  const { queues } = made.store;
  let run = 0;
  const property = fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
    run += 1;
    const queue = `model/${run}`;
    let model: ModelMessage[] = [];
    const held: Delivery[] = [];
    const firstOf = new Map<string, string>();
    let sent = 0;

    const isHidden = (message: ModelMessage): boolean => message.inFlight && message.dueAt > clock.now();
    const deliverable = (message: ModelMessage): boolean =>
      message.dueAt <= clock.now() &&
      (message.orderKey === undefined || model.find(({ orderKey }) => orderKey === message.orderKey) === message);

    for (const step of commands) {
      switch (step.op) {
        case "send": {
          const { delayMs, orderKey, deduplicationId } = step;
          const body = String(sent++);
          const id = await queues.send(queue, bytes(body), {
            delayMs,
            ...(orderKey === undefined ? {} : { orderKey }),
            ...(deduplicationId === undefined ? {} : { deduplicationId }),
          });
          const first = deduplicationId === undefined ? undefined : firstOf.get(deduplicationId);
          if (first !== undefined) assert.equal(id, first);
          else model.push({ id, body, orderKey, dueAt: clock.now() + delayMs, inFlight: false, attempt: 0 });
          if (deduplicationId !== undefined && first === undefined) firstOf.set(deduplicationId, id);
          break;
        }
        case "receive": {
          const expected = model.filter(deliverable);
          const deliveries = await queues.receive(queue, { max: step.max, visibilityMs: VISIBILITY_MS, waitMs: 0 });
          assert.equal(deliveries.length, Math.min(step.max, expected.length));
          for (const delivery of deliveries) {
            const message = expected.find(({ id }) => id === delivery.id);
            assert.ok(message !== undefined, "only what may be delivered is");
            message.attempt += 1;
            message.inFlight = true;
            message.dueAt = clock.now() + VISIBILITY_MS;
            assert.equal(text(delivery.body), message.body);
            assert.equal(delivery.attempt, message.attempt);
            held.push(delivery);
          }
          break;
        }
        case "advance":
          clock.advance(step.ms);
          break;
        case "takeOver": {
          const orphans = model.filter(({ inFlight }) => inFlight);
          assert.equal(await queues.takeOver(queue), orphans.length);
          for (const message of orphans) {
            message.inFlight = false;
            message.dueAt = Math.min(message.dueAt, clock.now());
          }
          break;
        }
        case "purge":
          await queues.purge(queue);
          model = [];
          break;
        default: {
          const delivery = held[step.pick % Math.max(held.length, 1)];
          if (delivery === undefined) break;
          const message = model.find(({ id, attempt }) => id === delivery.id && attempt === delivery.attempt);
          const valid = message !== undefined && isHidden(message);
          if (step.op === "ack") {
            assert.equal(await delivery.ack(), valid);
            if (valid) model = model.filter((other) => other !== message);
          } else if (step.op === "nack") {
            assert.equal(await delivery.nack({ delayMs: step.delayMs }), valid);
            if (valid) Object.assign(message, { inFlight: false, dueAt: clock.now() + step.delayMs });
          } else {
            assert.equal(await delivery.extend(VISIBILITY_MS), valid);
            if (valid) message.dueAt = clock.now() + VISIBILITY_MS;
          }
        }
      }
      const inFlight = model.filter(isHidden).length;
      const delayed = model.filter((message) => !message.inFlight && message.dueAt > clock.now()).length;
      assert.deepEqual(await queues.depth(queue), { ready: model.length - inFlight - delayed, delayed, inFlight });
    }
  });
  await fc.assert(property, { seed: seedOf(t), numRuns: 80 });
}
