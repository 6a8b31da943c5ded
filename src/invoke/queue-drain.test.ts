/**
 * Goal: messages of many queues run in turns, never more of a pool than its limit, and what a dead process had taken runs
 * at the start. Method: queues in memory on a clock that the test moves; every message waits until the test lets it go.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { lineLog } from "../base/index.ts";
import { ManualClock } from "../base/testing/manual-clock.ts";
import type { Delivery } from "../store/index.ts";
import { MemoryQueues } from "../store/testing/memory-queues.ts";
import { BOUNDS } from "./limits.ts";
import { type Handled, QueueDrain, type SlotPool } from "./queue-drain.ts";

interface Setup extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly queues: MemoryQueues;
  readonly drain: QueueDrain;
  /** Names of the messages that run, in the order in which they began. */
  readonly running: string[];
  readonly begun: string[];
  readonly logged: string[];
  send(queue: string, ...names: string[]): Promise<void>;
  /** Lets a running message end. */
  end(name: string, handled?: Handled): Promise<void>;
  fail(name: string): Promise<void>;
  settled(): Promise<void>;
}

function setUp(poolOf: (queue: string) => SlotPool, queues?: MemoryQueues, clock = new ManualClock()): Setup {
  const own = queues ?? new MemoryQueues(clock);
  const running: string[] = [];
  const begun: string[] = [];
  const logged: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<Handled>>();
  const drain = new QueueDrain({
    queues: own,
    clock,
    log: lineLog("info", (line) => void logged.push(line)),
    prefix: "q/",
    poolOf,
    async handle(delivery: Delivery) {
      const name = Buffer.from(delivery.body.subarray(0, 16)).toString().replace(/\.+$/, "");
      const gate = Promise.withResolvers<Handled>();
      gates.set(name, gate);
      running.push(name);
      begun.push(name);
      const handled = await gate.promise.finally(() => running.splice(running.indexOf(name), 1));
      if (handled === "ended") await delivery.ack();
      else await delivery.nack({ delayMs: 60_000 });
      return handled;
    },
  });
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await turn();
  };
  return {
    clock,
    queues: own,
    drain,
    running,
    begun,
    logged,
    settled,
    async send(queue, ...names) {
      for (const name of names) {
        await own.send(`q/${queue}`, Buffer.from(name));
        drain.follow(`q/${queue}`);
      }
      await settled();
    },
    async end(name, handled = "ended") {
      gates.get(name)?.resolve(handled);
      await settled();
    },
    async fail(name) {
      gates.get(name)?.reject(new Error("broken"));
      await settled();
    },
    async [Symbol.asyncDispose]() {
      for (const gate of gates.values()) gate.resolve("ended");
      const closing = drain[Symbol.asyncDispose]();
      clock.advance(BOUNDS.drainStopMs);
      await closing;
    },
  };
}

const shared = (limit: number) => (): SlotPool => ({ name: "shared", limit });
const many = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

test("no more of a pool run than its limit, and what ends makes room", async () => {
  await using setup = setUp(shared(3));
  await setup.send("a", ...many("a", 5));
  assert.deepEqual(setup.running, ["a0", "a1", "a2"]);
  await setup.end("a1");
  assert.deepEqual(setup.running, ["a0", "a2", "a3"]);
});

test("the single message of one queue waits for one turn of another queue at most, however many that has", async () => {
  await using setup = setUp(shared(2));
  await setup.send("crowd", ...many("c", 50));
  await setup.send("single", "s");
  assert.deepEqual(setup.running, ["c0", "c1"]);
  await setup.end("c0");
  await setup.end("c1");
  assert.deepEqual(setup.running, ["c2", "s"]);
  await setup.end("s");
  assert.deepEqual(setup.running, ["c2", "c3"]);
});

test("queues of another pool are not waited for", async () => {
  await using setup = setUp((queue) => ({ name: queue, limit: 1 }));
  await setup.send("a", "a0", "a1");
  await setup.send("b", "b0");
  assert.deepEqual(setup.running, ["a0", "b0"]);
});

test("a queue whose messages are refused pauses, longer each time, until something goes well", async () => {
  await using setup = setUp(shared(1));
  await setup.send("a", ...many("a", 4));
  await setup.end("a0", "refused");
  assert.deepEqual(setup.running, []);
  setup.clock.advance(BOUNDS.drainPauseMinMs);
  await setup.settled();
  assert.deepEqual(setup.running, ["a1"]);
  await setup.end("a1", "refused");
  setup.clock.advance(BOUNDS.drainPauseMinMs);
  await setup.settled();
  assert.deepEqual(setup.running, []);
  setup.clock.advance(BOUNDS.drainPauseMinMs);
  await setup.settled();
  assert.deepEqual(setup.running, ["a2"]);
  await setup.end("a2");
  assert.deepEqual(setup.running, ["a3"]);
});

test("a message whose handling breaks is told in the log and comes again", async () => {
  await using setup = setUp(shared(1));
  await setup.send("a", "a");
  await setup.fail("a");
  assert.match(setup.logged.join(""), /could not be handled.*broken/s);
  setup.clock.advance(1000);
  await setup.settled();
  assert.deepEqual(setup.begun, ["a", "a"]);
});

test("what a dead process had taken runs at the start, at once", async () => {
  const clock = new ManualClock();
  const queues = new MemoryQueues(clock);
  for (const name of ["one", "two"]) await queues.send("q/a", Buffer.from(name));
  await queues.receive("q/a", { max: 1, visibilityMs: 3_600_000, waitMs: 0 });
  await using setup = setUp(shared(10), queues, clock);
  await setup.drain.start();
  await setup.settled();
  assert.deepEqual(setup.running.sort(), ["one", "two"]);
});

test("a running message stays hidden for as long as it runs", async () => {
  await using setup = setUp(shared(10));
  await setup.send("a", "a");
  for (let passed = 0; passed < 3 * BOUNDS.drainVisibilityMs; passed += 30_000) {
    setup.clock.advance(30_000);
    await setup.settled();
  }
  assert.deepEqual(setup.begun, ["a"]);
});

test("many messages that take long run wider and wider, up to the limit", async () => {
  await using setup = setUp(shared(100));
  await setup.send("slow", ...many("m", 200));
  assert.equal(setup.running.length, BOUNDS.drainWindowFirst);
  for (let i = 0; i < 8; i += 1) {
    setup.clock.advance(BOUNDS.drainWindowMs);
    await setup.settled();
  }
  assert.equal(setup.running.length, 100);
});

test("large messages are taken while there is memory for them, one of each queue beyond that, and the rest in time", async () => {
  await using setup = setUp(shared(10_000));
  const large = (name: string): string => name.padEnd(8 * 1024 * 1024, ".");
  const names = many("m", 12);
  await setup.send("large", ...names.map(large));
  for (let i = 0; i < 4; i += 1) {
    setup.clock.advance(BOUNDS.drainWindowMs);
    await setup.settled();
  }
  assert.equal(setup.begun.length, BOUNDS.drainBytes / large("").length);
  await setup.send("other", large("o"));
  assert.ok(setup.running.includes("o"));
  for (const name of names) {
    await setup.end(name);
    setup.clock.advance(BOUNDS.drainWindowMs);
    await setup.settled();
  }
  assert.equal(setup.begun.length, names.length + 1);
});
