/** What every adapter's Records must do. */

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../base/index.ts";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { until } from "../../base/testing/until.ts";
import { STORE_LIMITS } from "../limits.ts";
import { type PutOptions, type RecordChange, type Records, RevisionConflict } from "../ports.ts";
import { RecordTable } from "../record-table.ts";
import { integer, object, optional, text } from "../shape.ts";
import { type MakeStore, next, type StoreUnderTest, seedOf } from "./store-under-test.ts";

export function recordsContract(make: MakeStore): void {
  suite("records", () => {
    let made: StoreUnderTest;
    let records: Records;
    before(async () => {
      made = await make();
      records = made.store.records;
    });
    after(() => made[Symbol.asyncDispose]());

    test("a value that was put is got with its revision, also after a restart", async () => {
      const value = { text: "ä\u0000🦊", list: [1, null, true], nested: { deep: -1.5 } };
      const revision = await records.put("restart/a", value);
      assert.deepEqual(await records.get("restart/a"), { key: "restart/a", value, revision });
      records = (await made.reopen()).records;
      assert.deepEqual(await records.get("restart/a"), { key: "restart/a", value, revision });
      assert.ok((await records.put("restart/a", 1)) > revision);
    });

    test("the revision of a deleted key is never given out again, even across a restart", async () => {
      const revision = await records.put("aba", 1);
      assert.equal(await records.delete("aba"), true);
      assert.equal(await records.delete("aba"), false);
      records = (await made.reopen()).records;
      assert.ok((await records.put("aba", 1)) > revision + 1);
    });

    test("compare-and-set lets a writer through only at the revision it names", async () => {
      const first = await records.put("cas", 1, { ifRevision: "absent" });
      await assert.rejects(records.put("cas", 2, { ifRevision: "absent" }), RevisionConflict);
      const second = await records.put("cas", 2, { ifRevision: first });
      await assert.rejects(records.put("cas", 3, { ifRevision: first }), RevisionConflict);
      await assert.rejects(records.delete("cas", { ifRevision: first }), RevisionConflict);
      assert.equal((await records.get("cas"))?.value, 2);
      assert.equal(await records.delete("cas", { ifRevision: second }), true);
      await assert.rejects(records.put("cas", 4, { ifRevision: second }), RevisionConflict);
    });

    test("of many writers at once that expect no value exactly one wins", async () => {
      const attempts = Array.from({ length: 50 }, (_, i) => records.put("race", i, { ifRevision: "absent" }));
      const won = (await Promise.allSettled(attempts)).filter(({ status }) => status === "fulfilled");
      assert.equal(won.length, 1);
    });

    test("a listing has the keys of the prefix in the order of their UTF-8 bytes, page by page", async () => {
      const keys = ["l/", "l/A", "l/a", "l/a/b", "l/a%", "l/ä", "l/\uFFFD", "l/😀", "l/z_"];
      for (const key of [...keys, "k/z", "l", "l0", "m/a"]) await records.put(key, key);
      const expected = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const seen: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await records.list("l/", { limit: 2, ...(after === undefined ? {} : { after }) });
        seen.push(...page.map(({ key }) => key));
        after = page.at(-1)?.key;
        if (page.length < 2) break;
      }
      assert.deepEqual(seen, expected);
      assert.deepEqual(await records.list("l/", { after: "k", limit: 1 }), await records.list("l/", { limit: 1 }));
    });

    test("a listing of large values has all that were asked for", async () => {
      const large = "x".repeat(STORE_LIMITS.recordBytesMax - 2);
      for (let i = 0; i < 10; i++) await records.put(`large/${i}`, large);
      assert.equal((await records.list("large/", { limit: 10 })).length, 10);
      for (let i = 0; i < 10; i++) await records.delete(`large/${i}`);
    });

    test("a value with a time to live is gone after it, for reads, compare-and-set and watchers", async () => {
      const abort = new AbortController();
      const changes = records.watch("ttl/", abort.signal)[Symbol.asyncIterator]();
      assert.equal(await next(changes), "current");
      await records.put("ttl/a", 1, { ttlMs: 60 });
      assert.equal(changeName(await next(changes)), "put ttl/a");
      assert.equal(changeName(await next(changes)), "delete ttl/a");
      await until("the record has expired", async () => (await records.get("ttl/a")) === undefined);
      assert.deepEqual(await records.list("ttl/", { limit: 10 }), []);
      await records.put("ttl/a", 2, { ifRevision: "absent" });
      abort.abort();
      assert.equal((await changes.next()).done, true);
    });

    test("a later put without a time to live makes a value stay", async () => {
      const clock = new ManualClock();
      await using steered = await make(clock);
      await steered.store.records.put("a", 1, { ttlMs: 100 });
      await steered.store.records.put("a", 2);
      clock.advance(1000);
      assert.equal((await steered.store.records.get("a"))?.value, 2);
    });

    test("a watch has the current entries, then current, then every change in order, and ends on abort", async () => {
      await records.put("w/a", 1);
      await records.put("w/b", 2);
      const abort = new AbortController();
      const changes = records.watch("w/", abort.signal)[Symbol.asyncIterator]();
      assert.equal(changeName(await next(changes)), "put w/a");
      assert.equal(changeName(await next(changes)), "put w/b");
      assert.equal(await next(changes), "current");
      await records.put("other", 1);
      await records.put("w/a", 3);
      await records.delete("w/b");
      assert.equal(changeName(await next(changes)), "put w/a");
      assert.equal(changeName(await next(changes)), "delete w/b");
      const waiting = changes.next();
      abort.abort();
      assert.equal((await waiting).done, true);
    });

    test("a watch that begins during writes ends up with exactly what is there", async () => {
      const write = async (lane: number): Promise<void> => {
        for (let i = 0; i < 60; i++) {
          const key = `busy/${(lane * 7 + i * 13) % 40}`;
          if (i % 5 === 4) await records.delete(key);
          else await records.put(key, `${lane}.${i}`);
        }
      };
      const lanes = Promise.all([0, 1, 2, 3].map(write));
      const abort = new AbortController();
      const seen = new Map<string, JsonValue>();
      let highest = 0;
      const watching = (async (): Promise<void> => {
        for await (const change of records.watch("busy", abort.signal)) {
          if (change === "current") continue;
          if (change.kind === "put") seen.set(change.entry.key, change.entry.value);
          else seen.delete(change.key);
          highest = Math.max(highest, change.kind === "put" ? change.entry.revision : change.revision);
        }
      })();
      await lanes;
      const end = await records.put("busy-end", 0);
      await until("all changes are seen", async () => highest >= end);
      abort.abort();
      await watching;
      const there = (await records.list("busy", { limit: 100 })).map(({ key, value }) => [key, value]);
      assert.deepEqual(
        [...seen].sort(([a], [b]) => (a < b ? -1 : 1)),
        there,
      );
    });

    test("a watch that begins while a write is on its way reports that write once", async () => {
      for (let round = 0; round < 40; round++) {
        const put = records.put(`once/${round % 3}`, round);
        await new Promise(round % 2 === 0 ? process.nextTick : setImmediate);
        const abort = new AbortController();
        const changes = records.watch("once/", abort.signal)[Symbol.asyncIterator]();
        const seen: number[] = [];
        const first = next(changes);
        await put;
        const end = await records.put("once/end", round);
        for (let change = await first; seen.at(-1) !== end; ) {
          if (change !== "current") seen.push(change.kind === "put" ? change.entry.revision : change.revision);
          if (seen.at(-1) !== end) change = await next(changes);
        }
        abort.abort();
        assert.equal(new Set(seen).size, seen.length, `revisions ${seen}`);
      }
    });

    test("a watcher that never reads costs no more than the keys it misses, and then sees the last values", async () => {
      const abort = new AbortController();
      const changes = records.watch("slow/", abort.signal)[Symbol.asyncIterator]();
      assert.equal(await next(changes), "current");
      for (let i = 0; i < 100; i++) await records.put(`slow/${i % 2}`, i);
      const last = [await next(changes), await next(changes)];
      assert.deepEqual(last.map(changeName), ["put slow/0", "put slow/1"]);
      const silence = changes.next();
      abort.abort();
      assert.equal((await silence).done, true);
    });

    test("bad keys and values are refused with a RangeError and change nothing", async () => {
      for (const key of ["", "x".repeat(STORE_LIMITS.nameBytesMax + 1), "ä".repeat(513), "a\0b", "\uD800"]) {
        await assert.rejects(records.put(key, 1), RangeError);
      }
      await assert.rejects(records.put("big", "x".repeat(STORE_LIMITS.recordBytesMax)), RangeError);
      await assert.rejects(records.put("ttl", 1, { ttlMs: -1 }), RangeError);
      await records.put("x".repeat(STORE_LIMITS.nameBytesMax), 1);
      assert.equal(await records.get("big"), undefined);
    });

    test("a table gives typed values under its prefix, and refuses what has another shape", async () => {
      const animals = new RecordTable(records, "animals", object({ legs: integer, tail: optional(text) }));
      assert.equal(await animals.create("cat", { legs: 4 }), true);
      assert.equal(await animals.create("cat", { legs: 3 }), false);
      await animals.create("hen", { legs: 2, tail: "short" });
      assert.deepEqual(await animals.get("cat"), { legs: 4 });
      assert.deepEqual(await animals.list("", { after: "cat", limit: 9 }), [
        { path: "hen", value: { legs: 2, tail: "short" } },
      ]);
      await records.put("animals/stone", "none");
      await assert.rejects(animals.get("stone"), /animals\/stone is not an object/);
      assert.deepEqual(await animals.deleteIf("cat", () => undefined), { legs: 4 });
      assert.equal(await animals.update("cat", (value) => value), undefined);
    });

    test("of many that change one value of a table at once, no change is lost", async () => {
      const counters = new RecordTable(records, "counters", object({ count: integer }));
      await counters.create("a", { count: 0 });
      const changes = Array.from({ length: 8 }, () => counters.update("a", ({ count }) => ({ count: count + 1 })));
      await Promise.all(changes);
      assert.deepEqual(await counters.get("a"), { count: 8 });
    });

    test("any sequence of operations does what a map would", async (t) => {
      const key = fc.constantFrom("a", "a/b", "a/b/c", "b", "ä", "z");
      const expectation = fc.constantFrom("none", "absent", "current", "stale");
      const command = fc.oneof(
        fc.record({ op: fc.constant("put"), key, expectation, value: fc.jsonValue() }),
        fc.record({ op: fc.constant("delete"), key, expectation, value: fc.constant(null) }),
        fc.record({ op: fc.constant("list"), key, expectation, value: fc.constant(null) }),
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
          run += 1;
          const prefix = `model/${run}/`;
          const model = new Map<string, { value: string; revision: number }>();
          for (const { op, key, expectation, value } of commands) {
            const known = model.get(key);
            if (op === "list") {
              const expected = [...model.keys()].filter((name) => name.startsWith(key)).sort();
              const listed = await records.list(prefix + key, { limit: 100 });
              assert.deepEqual(
                listed.map((entry) => entry.key.slice(prefix.length)),
                expected,
              );
              continue;
            }
            const ifRevision: PutOptions["ifRevision"] =
              expectation === "absent" ? "absent" : expectation === "stale" ? 0 : known?.revision;
            const passes = expectation === "absent" ? known === undefined : expectation !== "stale";
            if (op === "put") {
              const options: PutOptions = expectation === "none" || ifRevision === undefined ? {} : { ifRevision };
              const put = records.put(prefix + key, JSON.parse(JSON.stringify(value)), options);
              if (passes) model.set(key, { value: JSON.stringify(value), revision: await put });
              else await assert.rejects(put, RevisionConflict);
            } else {
              const options = expectation === "stale" ? { ifRevision: 0 } : {};
              const deletion = records.delete(prefix + key, options);
              if (expectation === "stale") await assert.rejects(deletion, RevisionConflict);
              else assert.equal(await deletion, model.delete(key));
            }
            const got = await records.get(prefix + key);
            const wanted = model.get(key);
            assert.equal(got?.revision, wanted?.revision);
            assert.equal(got === undefined ? undefined : JSON.stringify(got.value), wanted?.value);
          }
        }),
        { seed: seedOf(t), numRuns: 60 },
      );
    });
  });
}

function changeName(change: RecordChange | "current"): string {
  if (change === "current") return change;
  return `${change.kind} ${change.kind === "put" ? change.entry.key : change.key}`;
}
