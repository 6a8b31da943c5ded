/** What every adapter's Journals must do. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import { STORE_LIMITS } from "../limits.ts";
import type { JournalEntry, Journals } from "../ports.ts";
import { bytes, type MakeStore, next, type StoreUnderTest, seedOf, text } from "./store-under-test.ts";

const at = (timeMs: number, body = `at ${timeMs}`): { timeMs: number; body: Uint8Array } => ({
  timeMs,
  body: bytes(body),
});
const times = (entries: readonly JournalEntry[]): number[] => entries.map(({ timeMs }) => timeMs);

export function journalsContract(make: MakeStore): void {
  suite("journals", () => {
    let made: StoreUnderTest;
    let journals: Journals;
    before(async () => {
      made = await make();
      journals = made.store.journals;
    });
    after(() => made[Symbol.asyncDispose]());

    test("entries come back in order with their times, also after a restart, and sequences go on growing", async () => {
      const first = await journals.append("simple", [at(10), at(20), at(20)]);
      assert.ok(first >= 1);
      const entries = await journals.read("simple", { from: 0, limit: 10 });
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        [first, first + 1, first + 2],
      );
      assert.deepEqual(times(entries), [10, 20, 20]);
      assert.equal(text(entries[0]?.body ?? bytes("")), "at 10");
      journals = (await made.reopen()).journals;
      assert.deepEqual(await journals.read("simple", { from: 0, limit: 10 }), entries);
      assert.ok((await journals.append("simple", [at(30)])) > first + 2);
    });

    test("reading forwards and backwards gives the asked-for part in ascending order", async () => {
      const first = await journals.append(
        "parts",
        [1, 2, 3, 4, 5].map((n) => at(n)),
      );
      assert.deepEqual(times(await journals.read("parts", { from: first + 1, limit: 2 })), [2, 3]);
      assert.deepEqual(times(await journals.readBackwards("parts", { limit: 2 })), [4, 5]);
      assert.deepEqual(times(await journals.readBackwards("parts", { before: first + 3, limit: 2 })), [2, 3]);
      assert.deepEqual(times(await journals.readBackwards("parts", { before: first, limit: 2 })), []);
      assert.deepEqual(await journals.read("no such journal", { from: 0, limit: 2 }), []);
      assert.deepEqual(await journals.readBackwards("no such journal", { limit: 2 }), []);
      assert.equal(await journals.stat("no such journal"), undefined);
    });

    test("seek finds the first entry at or after a time, also when times go backwards", async () => {
      const first = await journals.append(
        "seek",
        [10, 20, 15, 30].map((n) => at(n)),
      );
      const found = async (timeMs: number): Promise<number> => (await journals.seek("seek", timeMs)) - first;
      assert.deepEqual(await Promise.all([5, 10, 11, 16, 21, 30].map(found)), [0, 0, 1, 1, 3, 3]);
      assert.deepEqual(await journals.read("seek", { from: await journals.seek("seek", 31), limit: 1 }), []);
      const negative = await journals.append("before 1970", [at(-20), at(-10)]);
      assert.equal(await journals.seek("before 1970", -15), negative + 1);
    });

    test("stat tells sequences, bytes and times, and a trim forgets what lies before", async () => {
      const first = await journals.append("stat", [at(5, "aa"), at(9, "bbb"), at(7, "c")]);
      const whole = { firstSequence: first, nextSequence: first + 3, sizeBytes: 6, firstTimeMs: 5, lastTimeMs: 7 };
      assert.deepEqual(await journals.stat("stat"), whole);
      await journals.trim("stat", first + 1);
      await journals.trim("stat", first);
      const trimmed = { ...whole, firstSequence: first + 1, sizeBytes: 4, firstTimeMs: 9 };
      assert.deepEqual(await journals.stat("stat"), trimmed);
      assert.deepEqual(times(await journals.read("stat", { from: 0, limit: 9 })), [9, 7]);
      assert.deepEqual(times(await journals.readBackwards("stat", { limit: 9 })), [9, 7]);
      await journals.trim("stat", first + 99);
      const empty = await journals.stat("stat");
      assert.deepEqual([empty?.sizeBytes, empty?.firstTimeMs, empty?.lastTimeMs], [0, 7, 7]);
      assert.equal(empty?.firstSequence, empty?.nextSequence);
      assert.ok((await journals.append("stat", [at(1, "d")])) >= first + 3);
      assert.equal((await journals.stat("stat"))?.sizeBytes, 1);
    });

    test("a follower has what is there and then every append, and ends on abort", async () => {
      const from = await journals.append("follow", [at(1), at(2)]);
      const abort = new AbortController();
      const entries = journals.follow("follow", { from: from + 1, signal: abort.signal })[Symbol.asyncIterator]();
      assert.equal((await next(entries)).timeMs, 2);
      const third = next(entries);
      await journals.append("follow", [at(3), at(4)]);
      assert.equal((await third).timeMs, 3);
      assert.equal((await next(entries)).timeMs, 4);
      const waiting = entries.next();
      abort.abort();
      assert.equal((await waiting).done, true);
    });

    test("a follower may come before the journal, misses nothing under load, and ends when it is deleted", async () => {
      const seen: number[] = [];
      const following = (async (): Promise<void> => {
        const { signal } = new AbortController();
        for await (const { body } of journals.follow("early", { from: 0, signal })) seen.push(Number(text(body)));
      })();
      for (let i = 0; i < 300; i += 3) {
        await journals.append(
          "early",
          [i, i + 1, i + 2].map((n) => at(n, String(n))),
        );
      }
      await journals.append("early", [at(0, "300")]);
      const { signal } = new AbortController();
      const last = journals.follow("early", { from: (await journals.stat("early"))?.nextSequence ?? 0, signal });
      const ended = last[Symbol.asyncIterator]().next();
      while (seen.length < 301) await new Promise(setImmediate);
      await journals.delete("early");
      await following;
      assert.equal((await ended).done, true);
      assert.deepEqual(
        seen,
        Array.from({ length: 301 }, (_, i) => i),
      );
      assert.equal(await journals.stat("early"), undefined);
    });

    test("a deleted journal is gone, and an append begins a new one", async () => {
      await journals.append("phoenix", [at(1), at(2)]);
      await journals.delete("phoenix");
      await journals.delete("phoenix");
      assert.deepEqual(await journals.read("phoenix", { from: 0, limit: 9 }), []);
      await journals.append("phoenix", [at(3)]);
      assert.deepEqual(times(await journals.read("phoenix", { from: 0, limit: 9 })), [3]);
    });

    test("an entry of the greatest size passes; empty and too large appends are refused and leave nothing", async () => {
      const body = new Uint8Array(STORE_LIMITS.journalBodyBytesMax).fill(3);
      await journals.append("large", [{ timeMs: 1, body }]);
      const [entry] = await journals.read("large", { from: 0, limit: 1 });
      assert.equal(Buffer.compare(entry?.body ?? new Uint8Array(), body), 0);
      await journals.delete("large");
      await assert.rejects(journals.append("refused", []), RangeError);
      await assert.rejects(
        journals.append("refused", [at(1), { timeMs: 1, body: new Uint8Array(body.byteLength + 1) }]),
        RangeError,
      );
      await assert.rejects(journals.append("refused", [at(1), at(1.5)]), RangeError);
      assert.equal(await journals.stat("refused"), undefined);
    });

    test("any sequence of operations does what an array would", async (t) => {
      const command = fc.record({
        op: fc.constantFrom("append", "append", "append", "read", "readBackwards", "seek", "trim", "delete"),
        times: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 4 }),
        position: fc.nat(20),
        limit: fc.integer({ min: 1, max: 6 }),
      });
      let run = 0;
      const property = fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        run += 1;
        const name = `model/${run}`;
        let model: { sequence: number; timeMs: number }[] = [];
        let next = 1;
        let wasTrimmed = false;
        for (const { op, times: appended, position, limit } of commands) {
          const from = model[position % Math.max(model.length, 1)]?.sequence ?? position;
          const sequences = (entries: readonly JournalEntry[]): number[] => entries.map(({ sequence }) => sequence);
          if (op === "append") {
            const first = await journals.append(
              name,
              appended.map((timeMs) => at(timeMs)),
            );
            assert.ok(first >= next);
            model.push(...appended.map((timeMs, i) => ({ sequence: first + i, timeMs })));
            next = first + appended.length;
          } else if (op === "read") {
            const expected = model.filter(({ sequence }) => sequence >= from).slice(0, limit);
            const read = await journals.read(name, { from, limit });
            assert.deepEqual(
              read.map(({ sequence, timeMs }) => ({ sequence, timeMs })),
              expected,
            );
          } else if (op === "readBackwards") {
            const expected = model.filter(({ sequence }) => sequence < from).slice(-limit);
            assert.deepEqual(
              sequences(await journals.readBackwards(name, { before: from, limit })),
              expected.map((e) => e.sequence),
            );
          } else if (op === "seek") {
            const timeMs = appended[0] ?? 0;
            const exact = model.find((entry) => entry.timeMs >= timeMs)?.sequence ?? next;
            const found = await journals.seek(name, timeMs);
            if (wasTrimmed) assert.ok(found <= exact && found >= (model[0]?.sequence ?? next));
            else if (model.length > 0) assert.equal(found, exact);
          } else if (op === "trim") {
            await journals.trim(name, from);
            wasTrimmed ||= model.some(({ sequence }) => sequence < from);
            model = model.filter(({ sequence }) => sequence >= from);
          } else {
            await journals.delete(name);
            model = [];
            next = 1;
            wasTrimmed = false;
          }
          const stat = await journals.stat(name);
          if (model.length > 0) {
            assert.equal(
              stat?.sizeBytes,
              model.reduce((sum, { timeMs }) => sum + `at ${timeMs}`.length, 0),
            );
            assert.equal(stat?.firstSequence, model[0]?.sequence);
          }
        }
      });
      await fc.assert(property, { seed: seedOf(t), numRuns: 60 });
    });
  });
}
