/** What every adapter's Bus must do. */

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import { until } from "../../base/testing/until.ts";
import { STORE_LIMITS } from "../limits.ts";
import { type Bus, NoResponder, RequestTimedOut, ResponderFailed } from "../ports.ts";
import { bytes, type MakeStore, type StoreUnderTest, seedOf, text } from "./store-under-test.ts";

export function busContract(make: MakeStore): void {
  suite("bus", () => {
    let made: StoreUnderTest;
    let bus: Bus;
    before(async () => {
      made = await make();
      bus = made.store.bus;
    });
    after(() => made[Symbol.asyncDispose]());
    const ask = async (subject: string, question: string, timeoutMs = 5000): Promise<string> =>
      text(await bus.request(subject, bytes(question), { timeoutMs }));

    test("every subscriber of the subject hears, in order, until it leaves; others do not", async () => {
      const heard: string[] = [];
      const hear = (who: string) => (body: Uint8Array) => void heard.push(`${who} ${text(body)}`);
      const first = await bus.subscribe("news", hear("first"));
      await using _other = await bus.subscribe("other", hear("other"));
      await bus.publish("news", bytes("1"));
      await bus.publish("news", bytes("2"));
      await until("two are heard", async () => heard.length === 2);
      await first[Symbol.asyncDispose]();
      await using _second = await bus.subscribe("news", hear("second"));
      await bus.publish("news", bytes("3"));
      await until("a third is heard", async () => heard.length === 3);
      assert.deepEqual(heard, ["first 1", "first 2", "second 3"]);
    });

    test("a request has the answer of one server, and several servers share the requests", async () => {
      const served = [0, 0];
      const serve = (i: 0 | 1) => async (body: Uint8Array) => {
        served[i] = (served[i] ?? 0) + 1;
        return bytes(`re: ${text(body)}`);
      };
      await using _first = await bus.serve("work", serve(0));
      await using _second = await bus.serve("work", serve(1));
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask("work", String(i))));
      assert.deepEqual(
        answers,
        Array.from({ length: 40 }, (_, i) => `re: ${i}`),
      );
      assert.ok(
        served.every((count) => count > 0),
        `both served: ${served}`,
      );
    });

    test("a request that nobody serves, or whose server fails or is silent, says which of the three", async () => {
      await assert.rejects(ask("deserted", "?"), NoResponder);
      await using _failing = await bus.serve("failing", async () => {
        throw new Error("out of order");
      });
      await assert.rejects(
        ask("failing", "?"),
        (error) => error instanceof ResponderFailed && /out of order/.test(error.message),
      );
      await using _silent = await bus.serve("silent", () => new Promise(() => undefined));
      await assert.rejects(ask("silent", "?", 30), RequestTimedOut);
      await (await bus.serve("left", async (body) => body))[Symbol.asyncDispose]();
      await assert.rejects(ask("left", "?"), NoResponder);
    });

    test("sender and receiver do not share memory", async () => {
      await using _changing = await bus.serve("changing", async (body) => body.fill(0));
      const question = bytes("mine");
      await bus.request("changing", question, { timeoutMs: 5000 });
      assert.equal(text(question), "mine");
    });

    test("a body beyond the bound is refused", async () => {
      await assert.rejects(bus.publish("x", new Uint8Array(STORE_LIMITS.busBodyBytesMax + 1)), RangeError);
      await assert.rejects(bus.publish("", bytes("x")), RangeError);
    });

    test("any sequence of comings, goings and messages does what a list of members would", async (t) => {
      const subject = fc.constantFrom("a", "b");
      const command = fc.record({
        op: fc.constantFrom("join", "join", "leave", "publish", "serve", "ask"),
        subject,
        pick: fc.nat(),
      });
      const property = fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const members: { subject: string; isServer: boolean; leave: AsyncDisposable }[] = [];
        let expected = 0;
        let heard = 0;
        const hear = (): void => {
          heard += 1;
        };
        for (const { op, subject, pick } of commands) {
          if (op === "join") {
            members.push({ subject, isServer: false, leave: await bus.subscribe(subject, hear) });
          } else if (op === "serve") {
            members.push({ subject, isServer: true, leave: await bus.serve(subject, async (body) => body) });
          } else if (op === "leave") {
            const [member] = members.splice(pick % Math.max(members.length, 1), 1);
            await member?.leave[Symbol.asyncDispose]();
          } else if (op === "publish") {
            await bus.publish(subject, bytes("x"));
            expected += members.filter((member) => !member.isServer && member.subject === subject).length;
            await until("all are heard", async () => heard === expected);
          } else if (members.some((member) => member.isServer && member.subject === subject)) {
            assert.equal(await ask(subject, "echo"), "echo");
          } else await assert.rejects(ask(subject, "echo"), NoResponder);
        }
        for (const { leave } of members) await leave[Symbol.asyncDispose]();
        assert.equal(heard, expected);
      });
      await fc.assert(property, { seed: seedOf(t), numRuns: 60 });
    });
  });
}
