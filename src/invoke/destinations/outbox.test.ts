/**
 * Goal: a parcel is tried while its target may come back, for as long as the bound says, survives a restart, and is counted
 * when it is lost. Method: queues in memory on a clock that the test moves, and services that answer as told.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { lineLog } from "../../base/index.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { MemoryQueues, QueueMemory } from "../../store/testing/memory-queues.ts";
import { Metrics } from "../../telemetry/index.ts";
import { ServiceError } from "../../wire/index.ts";
import { BOUNDS } from "../limits.ts";
import { Outbox } from "./outbox.ts";
import type { Parcel, ParcelHeader, TargetServices } from "./target.ts";

const HOUR = 3_600_000;

interface Setup {
  readonly clock: ManualClock;
  readonly memory: QueueMemory;
  readonly metrics: Metrics;
  readonly logged: string[];
  /** What was asked of SQS. */
  readonly calls: string[];
  /** What SQS answers next; nothing is a success. */
  answer: () => Error | undefined | Promise<undefined>;
  open(): Outbox;
  settled(): Promise<void>;
}

function setUp(): Setup {
  const clock = new ManualClock();
  const memory = new QueueMemory();
  const metrics = new Metrics(clock);
  const logged: string[] = [];
  const calls: string[] = [];
  const services: TargetServices = {
    async reach(service) {
      if (service !== "sqs") return undefined;
      const client = {
        async call(_operation: string, input: object): Promise<never> {
          calls.push(String(Reflect.get(input, "MessageBody")));
          const error = await setup.answer();
          if (error !== undefined) throw error;
          return Promise.resolve(undefined as never);
        },
      };
      return { client, endpoint: "http://localhost" };
    },
    requireInvoke: async () => undefined,
  };
  const log = lineLog("warn", (line) => void logged.push(line));
  const setup: Setup = {
    ...{ clock, memory, metrics, logged, calls },
    answer: () => undefined,
    open: () => new Outbox({ queues: new MemoryQueues(clock, memory), services, clock, log, metrics }),
    async settled() {
      for (let i = 0; i < 20; i += 1) await turn();
    },
  };
  return setup;
}

function parcel(name: string, endedAt: number, more: Partial<ParcelHeader> = {}): Parcel {
  const arn = (service: string): string => `arn:aws:${service}:us-east-1:000000000000`;
  return {
    payload: Buffer.from(name),
    header: {
      accountId: "000000000000",
      region: "us-east-1",
      functionName: "f",
      functionArn: `${arn("lambda")}:function:f`,
      roleArn: "arn:aws:iam::000000000000:role/r",
      kind: "destination",
      targetArn: `${arn("sqs")}:${name}`,
      parcelId: name,
      requestId: name,
      traceId: "Root=1-0-0",
      sourceArn: `${arn("lambda")}:function:f:$LATEST`,
      outcome: "Success",
      endedAt,
      ...more,
    },
  };
}

function lost(metrics: Metrics): Record<string, number> {
  return Object.fromEntries([...metrics.series()].map(({ metric, total }) => [metric.name, total.sum]));
}

test("a service that is down is tried with growing waits, for hours, and then the record is counted as lost", async () => {
  const setup = setUp();
  await using outbox = setup.open();
  setup.answer = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  await outbox.send(parcel("down", setup.clock.now()));
  await setup.settled();
  assert.equal(setup.calls.length, 1);
  const waits: number[] = [];
  for (let passed = 0; passed < BOUNDS.deliveryAgeMs + HOUR; ) {
    const before = setup.calls.length;
    const step = passed < 20_000 ? 1000 : 60_000;
    setup.clock.advance(step);
    passed += step;
    await setup.settled();
    if (setup.calls.length > before) waits.push(passed);
  }
  assert.deepEqual(waits.slice(0, 4), [1000, 3000, 7000, 15_000]);
  assert.ok((waits.at(-1) ?? 0) > 5 * HOUR && (waits.at(-1) ?? 0) <= BOUNDS.deliveryAgeMs);
  assert.deepEqual(lost(setup.metrics), { DestinationDeliveryFailures: 1 });
  assert.match(setup.logged.join(""), /arn:aws:sqs:us-east-1:000000000000:down.*ECONNREFUSED/);
  assert.equal(setup.memory.queues.size, 0);
});

test("a refusal that no later try can change loses the record at once, throttling does not", async () => {
  const setup = setUp();
  await using outbox = setup.open();
  const answers = [
    new ServiceError("ThrottlingException", 400, "slow down"),
    new ServiceError("AccessDenied", 403, "no"),
  ];
  setup.answer = () => answers.shift();
  await outbox.send(parcel("denied", setup.clock.now(), { kind: "dead-letter" }));
  await setup.settled();
  assert.deepEqual([setup.calls.length, lost(setup.metrics)], [1, {}]);
  setup.clock.advance(1000);
  await setup.settled();
  assert.deepEqual([setup.calls.length, lost(setup.metrics)], [2, { DeadLetterErrors: 1 }]);
});

test("a target that hangs delays no other target's records", async () => {
  const setup = setUp();
  await using outbox = setup.open();
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  setup.answer = () => (setup.calls.at(-1) === "hangs" ? late : undefined);
  const targetArn = "arn:aws:sqs:us-east-1:000000000000:hangs";
  for (let i = 0; i < 100; i += 1) {
    await outbox.send({ ...parcel(`h${i}`, setup.clock.now(), { targetArn }), payload: Buffer.from("hangs") });
  }
  await outbox.send(parcel("up", setup.clock.now()));
  await setup.settled();
  assert.ok(setup.calls.includes("up"));
  assert.ok(setup.calls.length <= BOUNDS.deliveriesPerTarget + 1);
  resolve(undefined);
});

test("a record that waits for its next try is delivered by the next server, in time", async () => {
  const setup = setUp();
  const first = setup.open();
  setup.answer = () => new Error("down");
  await first.send(parcel("waits", setup.clock.now()));
  await setup.settled();
  await first[Symbol.asyncDispose]();
  setup.answer = () => undefined;
  await using second = setup.open();
  await second.start();
  await setup.settled();
  assert.equal(setup.calls.length, 1);
  setup.clock.advance(1000);
  await setup.settled();
  assert.equal(setup.calls.length, 2);
  assert.equal(setup.memory.queues.size, 0);
});

test("the same record is sent once, however often its event is settled", async () => {
  const setup = setUp();
  await using outbox = setup.open();
  for (let i = 0; i < 3; i += 1) await outbox.send(parcel("same", setup.clock.now()));
  await setup.settled();
  assert.deepEqual(setup.calls, ["same"]);
});

test("records for a service that is not there are counted as lost", async () => {
  const setup = setUp();
  await using outbox = setup.open();
  await outbox.send(parcel("t", setup.clock.now(), { targetArn: "arn:aws:sns:us-east-1:000000000000:t" }));
  await setup.settled();
  assert.deepEqual(lost(setup.metrics), { DestinationDeliveryFailures: 1 });
});
