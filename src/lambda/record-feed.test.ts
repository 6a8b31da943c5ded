/** Goal: who waits for the snapshot hears of what it shows, and waits no longer than its bound. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Log, lineLog } from "../base/index.ts";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { testClock, testStore } from "../services/kit/testing.ts";
import { RecordFeed } from "../store/index.ts";
import { BOUNDS } from "./limits.ts";
import { untilShown } from "./until-shown.ts";

const quiet: Log = lineLog("error", () => undefined);

test("what was stored before and after the start is shown, and who waits hears of it", async () => {
  await using store = await testStore(testClock(0));
  await store.records.put("a/1", "one");
  await using feed = new RecordFeed({ records: store.records, prefix: "a/", log: quiet, name: "test" });
  const seen: string[] = [];
  await feed.start({
    put: ({ key }) => seen.push(key),
    delete: (key) => seen.push(`without ${key}`),
    current: () => seen.push("current"),
  });
  assert.deepEqual(seen, ["a/1", "current"]);
  const waiting = feed.until(() => seen.at(-1) === "without a/1" || undefined, AbortSignal.timeout(30_000));
  await store.records.put("b/1", "another prefix");
  await store.records.put("a/2", "two");
  await store.records.delete("a/1");
  await waiting;
  assert.deepEqual(seen, ["a/1", "current", "a/2", "without a/1"]);
});

test("who waits for what is never shown goes on after a while, and the log tells of it", async () => {
  await using store = await testStore(testClock(0));
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = lineLog("warn", (line) => lines.push(line));
  await using feed = new RecordFeed({ records: store.records, prefix: "a/", log: quiet, name: "test" });
  const waiting = untilShown({ clock, log }, feed, () => false, "it is not shown");
  clock.advance(BOUNDS.snapshotWaitMs);
  await waiting;
  assert.match(lines.join(""), /it is not shown/);
});
