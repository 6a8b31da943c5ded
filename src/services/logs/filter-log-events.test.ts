/**
 * FilterLogEvents over many streams: whatever the order in which events came and whatever the page size, pages together
 * must be exactly the events asked for, in order. The property test compares with a sorted list in memory.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { systemRandom } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { OperationInput } from "../../wire/index.ts";
import { type TestCaller, testCaller, testClock, testStore } from "../kit/testing.ts";
import { type LogsClient, logsService } from "./index.ts";

const NOW = Date.UTC(2026, 4, 1, 12);

describe("FilterLogEvents", () => {
  let store: Store;
  let logs: TestCaller<LogsClient>;
  let groupCount = 0;

  before(async () => {
    const clock = testClock(NOW);
    store = await testStore(clock);
    // Small bounds, so that a few events exercise reading in pages and stopping early.
    const limits = { readEventsMax: 3, readBytesOfOne: 2, scanEventsMax: 7, pageBytesMax: 200 };
    logs = await testCaller(logsService({ store, clock, random: systemRandom, limits }));
  });
  after(() => store[Symbol.asyncDispose]());

  async function makeGroup(...streams: readonly string[]): Promise<string> {
    const logGroupName = `/filter/${groupCount++}`;
    await logs("CreateLogGroup", { logGroupName });
    for (const logStreamName of streams) await logs("CreateLogStream", { logGroupName, logStreamName });
    return logGroupName;
  }

  const put = (logGroupName: string, logStreamName: string, ...times: readonly number[]) =>
    logs("PutLogEvents", {
      logGroupName,
      logStreamName,
      logEvents: times.map((time) => ({ timestamp: NOW + time, message: `${logStreamName} ${time}` })),
    });

  /** All pages. */
  async function filterAll(input: OperationInput<LogsClient, "FilterLogEvents">): Promise<readonly string[]> {
    const messages: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs("FilterLogEvents", { ...input, ...(nextToken === undefined ? {} : { nextToken }) });
      messages.push(...(page.events ?? []).map((event) => event.message ?? ""));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return messages;
  }

  it("merges streams by time, forwards and backwards", async () => {
    const group = await makeGroup("a", "b");
    await put(group, "a", 1, 4, 5);
    await put(group, "b", 2, 3, 6);
    const ascending = ["a 1", "b 2", "b 3", "a 4", "a 5", "b 6"];
    assert.deepEqual(await filterAll({ logGroupName: group }), ascending);
    assert.deepEqual(await filterAll({ logGroupName: group, startFromHead: false }), ascending.toReversed());
    assert.deepEqual(await filterAll({ logGroupName: group, startTime: NOW + 3, endTime: NOW + 5 }), ["b 3", "a 4"]);
  });

  it("chooses streams by name and by prefix", async () => {
    const group = await makeGroup("x1", "x2", "y");
    for (const stream of ["x1", "x2", "y"]) await put(group, stream, 1);
    assert.equal((await filterAll({ logGroupName: group, logStreamNamePrefix: "x" })).length, 2);
    assert.deepEqual(await filterAll({ logGroupName: group, logStreamNames: ["y"] }), ["y 1"]);
    await assert.rejects(logs("FilterLogEvents", { logGroupName: group, logStreamNames: ["none"] }), {
      name: "ResourceNotFoundException",
    });
  });

  it("gives empty pages with a token while it looks for a rare match", async () => {
    const group = await makeGroup("a");
    await put(group, "a", ...Array.from({ length: 30 }, (_, index) => index));
    const first = await logs("FilterLogEvents", { logGroupName: group, filterPattern: '"a 29"' });
    assert.deepEqual(first.events, []);
    assert.ok(first.nextToken !== undefined);
    assert.deepEqual(await filterAll({ logGroupName: group, filterPattern: '"a 29"' }), ["a 29"]);
  });

  it("gives every event an id of 56 digits that grows with time", async () => {
    const group = await makeGroup("a", "b");
    await put(group, "a", 1, 1);
    await put(group, "b", 1, 2);
    const { events } = await logs("FilterLogEvents", { logGroupName: group });
    const ids = (events ?? []).map((event) => event.eventId ?? "");
    assert.equal(new Set(ids).size, 4);
    for (const id of ids) assert.match(id, /^\d{56}$/);
    assert.deepEqual(ids.toSorted().at(-1), ids.at(-1));
  });

  it("refuses a token of another order or of nobody", async () => {
    const group = await makeGroup("a");
    await put(group, "a", 1, 2, 3);
    const { nextToken } = await logs("FilterLogEvents", { logGroupName: group, limit: 1 });
    for (const input of [{ nextToken: "x" }, { nextToken: nextToken ?? "", startFromHead: false }]) {
      await assert.rejects(logs("FilterLogEvents", { logGroupName: group, ...input }), {
        message: "The specified nextToken is invalid.",
      });
    }
  });

  it("loses no event when late ones exceed what a stream may hold while reading", async () => {
    const group = await makeGroup("b");
    for (const times of [[1], [0, 2], [0, 1]]) await put(group, "b", ...times);
    const backward = await filterAll({ logGroupName: group, limit: 3, startFromHead: false });
    assert.deepEqual(backward, ["b 2", "b 1", "b 1", "b 0", "b 0"]);
    assert.deepEqual(await filterAll({ logGroupName: group, limit: 3 }), backward.toReversed());
  });

  it("returns exactly what was put, in order, however late events came and pages are cut", async () => {
    const time = fc.integer({ min: 0, max: 40 });
    const batch = fc.record({
      stream: fc.constantFrom("a", "b", "c"),
      times: fc.array(time, { minLength: 1, maxLength: 6 }).map((times) => times.toSorted((one, other) => one - other)),
    });
    const request = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      startTime: time,
      length: fc.integer({ min: 0, max: 40 }),
      startFromHead: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { maxLength: 8 }),
        request,
        async (batches, { limit, startTime, length, startFromHead }) => {
          const group = await makeGroup("a", "b", "c");
          const model: { stream: string; time: number; order: number }[] = [];
          for (const { stream, times } of batches) {
            await put(group, stream, ...times);
            for (const at of times) model.push({ stream, time: at, order: model.length });
          }
          const range = { startTime: NOW + startTime, endTime: NOW + startTime + length };
          const found = await filterAll({ logGroupName: group, limit, ...range, startFromHead });
          const wanted = model.filter((event) => event.time >= startTime && event.time < startTime + length);
          const times = (messages: readonly string[]) => messages.map((message) => Number(message.split(" ")[1]));
          const sorted = [...wanted].sort((one, other) => one.time - other.time);
          const ordered = startFromHead ? sorted : sorted.reverse();
          assert.deepEqual(
            times(found),
            ordered.map((event) => event.time),
          );
          assert.deepEqual(found.toSorted(), wanted.map((event) => `${event.stream} ${event.time}`).toSorted());
          await logs("DeleteLogGroup", { logGroupName: group });
        },
      ),
      { numRuns: 40 },
    );
  });
});
