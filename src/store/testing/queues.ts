/** What every adapter's Queues must do. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { STORE_LIMITS } from "../limits.ts";
import type { Delivery, Queues } from "../ports.ts";
import { queuesModelTest } from "./queues-model.ts";
import { bytes, type MakeQueues, text } from "./store-under-test.ts";

const AT_ONCE = { max: 10, visibilityMs: 60_000, waitMs: 0 };

export function queuesContract(make: MakeQueues): void {
  suite("queues", () => {
    let made: Awaited<ReturnType<MakeQueues>>;
    let queues: Queues;
    before(async () => {
      made = await make();
      queues = made.store.queues;
    });
    after(() => made[Symbol.asyncDispose]());
    const receiveOne = async (queue: string, options: Partial<typeof AT_ONCE> = {}): Promise<Delivery> => {
      const [delivery] = await queues.receive(queue, { ...AT_ONCE, max: 1, waitMs: 10_000, ...options });
      assert.ok(delivery !== undefined, "a message came");
      return delivery;
    };

    test("a message is delivered with its body, id and time, hidden meanwhile, and gone after its ack", async () => {
      const before = Date.now();
      const id = await queues.send("simple", bytes("one"));
      const delivery = await receiveOne("simple");
      assert.equal(delivery.id, id);
      assert.equal(text(delivery.body), "one");
      assert.equal(delivery.attempt, 1);
      assert.ok(delivery.sentAt >= before && delivery.sentAt <= Date.now());
      assert.deepEqual(await queues.receive("simple", AT_ONCE), []);
      assert.deepEqual(await queues.depth("simple"), { ready: 0, delayed: 0, inFlight: 1 });
      assert.equal(await delivery.ack(), true);
      assert.equal(await delivery.ack(), false);
      assert.deepEqual(await queues.depth("simple"), { ready: 0, delayed: 0, inFlight: 0 });
    });

    test("messages and their attempts survive a restart, and a receipt still settles after it", async () => {
      await queues.send("restart", bytes("a"));
      const first = await receiveOne("restart");
      assert.equal(await first.nack(), true);
      const second = await receiveOne("restart");
      assert.equal(second.attempt, 2);
      queues = (await made.reopen()).queues;
      assert.equal(await queues.settlement("restart", first.receipt).ack(), false);
      assert.equal(await queues.settlement("restart", "nonsense").ack(), false);
      assert.equal(await queues.settlement("other", second.receipt).ack(), false);
      assert.equal(await queues.settlement("restart", second.receipt).ack(), true);
    });

    test("a delayed message comes when its delay has passed, and wakes a receiver that waits", async () => {
      const sent = performance.now();
      await queues.send("delayed", bytes("later"), { delayMs: 80 });
      assert.deepEqual(await queues.depth("delayed"), { ready: 0, delayed: 1, inFlight: 0 });
      await (await receiveOne("delayed")).ack();
      assert.ok(performance.now() - sent >= 78, "not before its time");
    });

    test("a message that was not settled comes again after its visibility time-out, and the late ack is false", async () => {
      await queues.send("hidden", bytes("x"));
      const first = await receiveOne("hidden", { visibilityMs: 50 });
      const second = await receiveOne("hidden");
      assert.equal(second.attempt, 2);
      assert.equal(await first.ack(), false);
      assert.equal(await first.nack(), false);
      assert.equal(await first.extend(1000), false);
      assert.equal(await second.ack(), true);
    });

    test("an ack is false once the visibility time-out has passed, even if nobody else received the message", async () => {
      const clock = new ManualClock();
      await using steered = await make(clock);
      await steered.store.queues.send("q", bytes("x"));
      const [delivery] = await steered.store.queues.receive("q", { max: 1, visibilityMs: 1000, waitMs: 0 });
      clock.advance(1000);
      assert.equal(await delivery?.ack(), false);
      assert.equal((await steered.store.queues.depth("q")).ready, 1);
    });

    test("extend keeps a message hidden from now on; nack gives it back after its delay", async () => {
      const clock = new ManualClock();
      await using steered = await make(clock);
      const queue = steered.store.queues;
      await queue.send("q", bytes("x"));
      const [first] = await queue.receive("q", { max: 1, visibilityMs: 1000, waitMs: 0 });
      clock.advance(900);
      assert.equal(await first?.extend(1000), true);
      clock.advance(900);
      assert.deepEqual(await queue.receive("q", AT_ONCE), []);
      assert.equal(await first?.nack({ delayMs: 500 }), true);
      assert.equal((await queue.depth("q")).delayed, 1);
      clock.advance(499);
      assert.deepEqual(await queue.receive("q", AT_ONCE), []);
      clock.advance(1);
      assert.equal((await queue.receive("q", AT_ONCE))[0]?.attempt, 2);
    });

    test("nack may put another body in the message's place, for the next delivery and all after it", async () => {
      const id = await queues.send("changed", bytes("first"));
      const first = await receiveOne("changed");
      assert.equal(await first.nack({ body: bytes("second, longer") }), true);
      assert.equal(await first.nack({ body: bytes("too late") }), false);
      const second = await receiveOne("changed");
      assert.deepEqual([second.id, text(second.body), second.attempt], [id, "second, longer", 2]);
      await second.nack();
      queues = (await made.reopen()).queues;
      const third = await receiveOne("changed");
      assert.equal(text(third.body), "second, longer");
      const large = new Uint8Array(STORE_LIMITS.queueBodyBytesMax + 1);
      await assert.rejects(third.nack({ body: large }), RangeError);
      assert.equal(await third.ack(), true);
    });

    test("messages of one order key come in order, one at a time; other keys do not wait for them", async () => {
      const order = ["a1", "b1", "a2", "plain", "b2", "a3"];
      for (const name of order) {
        await queues.send("ordered", bytes(name), name === "plain" ? {} : { orderKey: name.slice(0, 1) });
      }
      const wave = async (): Promise<string[]> => {
        const deliveries = await queues.receive("ordered", AT_ONCE);
        assert.deepEqual(await queues.receive("ordered", AT_ONCE), []);
        for (const delivery of deliveries) await delivery.ack();
        return deliveries.map(({ body }) => text(body)).sort();
      };
      assert.deepEqual(await wave(), ["a1", "b1", "plain"]);
      assert.deepEqual(await wave(), ["a2", "b2"]);
      assert.deepEqual(await wave(), ["a3"]);
    });

    test("an ack wakes the receiver that waits for the next message of the order key", async () => {
      await queues.send("relay", bytes("1"), { orderKey: "k" });
      await queues.send("relay", bytes("2"), { orderKey: "k" });
      const first = await receiveOne("relay");
      const second = receiveOne("relay");
      await first.ack();
      assert.equal(text((await second).body), "2");
    });

    test("a second send with the same deduplication id is dropped and has the first one's id, also after a restart", async () => {
      const id = await queues.send("dedup", bytes("x"), { deduplicationId: "d" });
      assert.equal(await queues.send("dedup", bytes("y"), { deduplicationId: "d" }), id);
      queues = (await made.reopen()).queues;
      assert.equal(await queues.send("dedup", bytes("z"), { deduplicationId: "d" }), id);
      assert.notEqual(await queues.send("dedup2", bytes("x"), { deduplicationId: "d" }), id);
      const delivery = await receiveOne("dedup");
      assert.equal(text(delivery.body), "x");
      await delivery.ack();
      assert.equal(await queues.send("dedup", bytes("z"), { deduplicationId: "d" }), id);
      assert.deepEqual(await queues.receive("dedup", AT_ONCE), []);
    });

    test("the memory of deduplication ids lasts 5 minutes", async () => {
      const clock = new ManualClock();
      await using steered = await make(clock);
      const id = await steered.store.queues.send("q", bytes("x"), { deduplicationId: "d" });
      clock.advance(5 * 60_000 - 1);
      assert.equal(await steered.store.queues.send("q", bytes("x"), { deduplicationId: "d" }), id);
      clock.advance(60_000);
      assert.notEqual(await steered.store.queues.send("q", bytes("x"), { deduplicationId: "d" }), id);
    });

    test("taking a queue over gives back at once what was delivered before, also across a restart", async () => {
      const names = ["1", "2", "3"];
      for (const name of names) await queues.send("orphans", bytes(name));
      await queues.send("orphans", bytes("later"), { delayMs: 60_000 });
      await queues.send("others", bytes("x"));
      const [settled] = await queues.receive("orphans", { ...AT_ONCE, max: 1 });
      const orphans = await queues.receive("orphans", AT_ONCE);
      await receiveOne("others");
      await settled?.ack();
      queues = (await made.reopen()).queues;
      const waiting = receiveOne("orphans", { max: 1 });
      assert.equal(await queues.takeOver("orphans"), 2);
      assert.equal(await queues.settlement("orphans", orphans[0]?.receipt ?? "").ack(), false);
      const again = [await waiting, ...(await queues.receive("orphans", AT_ONCE))];
      assert.deepEqual(again.map(({ body, attempt }) => [text(body), attempt]).sort(), [
        ["2", 2],
        ["3", 2],
      ]);
      assert.deepEqual(await queues.depth("orphans"), { ready: 0, delayed: 1, inFlight: 2 });
      assert.deepEqual(await queues.depth("others"), { ready: 0, delayed: 0, inFlight: 1 });
      assert.equal(await queues.takeOver("nothing here"), 0);
    });

    test("a receiver waits at most waitMs, and an aborted one is empty and takes nothing", async () => {
      const started = performance.now();
      assert.deepEqual(await queues.receive("nothing", { ...AT_ONCE, waitMs: 40 }), []);
      assert.ok(performance.now() - started >= 38);
      const abort = new AbortController();
      const waiting = queues.receive("aborted", { ...AT_ONCE, waitMs: 60_000, signal: abort.signal });
      abort.abort();
      assert.deepEqual(await waiting, []);
      await queues.send("aborted", bytes("x"));
      assert.deepEqual(await queues.receive("aborted", { ...AT_ONCE, signal: abort.signal }), []);
      const late = new AbortController();
      const taken = queues.receive("aborted", { ...AT_ONCE, signal: late.signal });
      late.abort();
      assert.deepEqual(await taken, []);
      assert.equal((await receiveOne("aborted")).attempt, 1);
    });

    test("every message goes to one of many waiting receivers, and each receiver that can have one has one", async () => {
      const receivers = Array.from({ length: 20 }, () => receiveOne("crowd"));
      await Promise.all(receivers.map((_, i) => queues.send("crowd", bytes(String(i)))));
      const bodies = (await Promise.all(receivers)).map(({ body }) => Number(text(body)));
      assert.deepEqual(
        bodies.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i),
      );
    });

    test("a receiver that is told of a second message while it takes the first tells the next one", {
      timeout: 20_000,
    }, async () => {
      const abort = new AbortController();
      const wait = { max: 1, visibilityMs: 60_000, waitMs: 3_600_000, signal: abort.signal };
      for (let round = 0; round < 10; round++) {
        const waiting = [1, 2, 3].map(() => queues.receive("relayed news", wait));
        // A look at the queue's depth comes back after the receivers' first looks did.
        await queues.depth("relayed news");
        for (const body of ["1", "2", "3"]) await queues.send("relayed news", bytes(body));
        const bodies = (await Promise.all(waiting)).flat().map(({ body }) => text(body));
        assert.deepEqual(bodies.sort(), ["1", "2", "3"]);
      }
    });

    test("queues that hold messages are listed by prefix; a purge empties one and leaves the others", async () => {
      for (const name of ["list/a", "list/a", "list/b", "listing", "lisp"]) await queues.send(name, bytes("x"));
      const inFlight = await receiveOne("list/a");
      assert.deepEqual([...(await queues.list("list/"))].sort(), ["list/a", "list/b"]);
      await queues.purge("list/a");
      assert.equal(await inFlight.ack(), false);
      assert.deepEqual(await queues.list("list/"), ["list/b"]);
      assert.deepEqual(await queues.depth("list/a"), { ready: 0, delayed: 0, inFlight: 0 });
    });

    test("a body of the greatest size passes and a larger one is refused", async () => {
      const body = new Uint8Array(STORE_LIMITS.queueBodyBytesMax).fill(9);
      await queues.send("large", body);
      assert.deepEqual(new Uint8Array((await receiveOne("large")).body), body);
      await assert.rejects(queues.send("large", new Uint8Array(body.byteLength + 1)), RangeError);
      await assert.rejects(queues.send("", body), RangeError);
      await assert.rejects(queues.send("q", bytes("x"), { delayMs: Number.NaN }), RangeError);
    });

    test("any sequence of operations does what a plain list would", (t) => queuesModelTest(make, t));
  });
}
