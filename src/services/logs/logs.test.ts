/** Groups, streams, events and their pages, called as the wire calls them, over a real store. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemRandom } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import { type TestCaller, type TestClock, testCall, testCaller, testClock, testStore } from "../kit/testing.ts";
import { type LogsClient, logsService } from "./index.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const DAY_MS = 86_400_000;

describe("CloudWatch Logs", () => {
  let store: Store;
  let clock: TestClock;
  let logs: TestCaller<LogsClient>;

  before(async () => {
    clock = testClock(NOW);
    store = await testStore(clock);
    logs = await testCaller(logsService({ store, clock, random: systemRandom }));
  });
  after(() => store[Symbol.asyncDispose]());

  async function makeStream(group: string, stream = "s"): Promise<{ logGroupName: string; logStreamName: string }> {
    await logs("CreateLogGroup", { logGroupName: group });
    await logs("CreateLogStream", { logGroupName: group, logStreamName: stream });
    return { logGroupName: group, logStreamName: stream };
  }

  const eventsAt = (...times: number[]) => times.map((time) => ({ timestamp: NOW + time, message: `m${time}` }));

  it("refuses a group or stream that exists or is missing with AWS's words", async () => {
    const names = await makeStream("/refusals");
    await assert.rejects(logs("CreateLogGroup", { logGroupName: "/refusals" }), {
      name: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    await assert.rejects(logs("CreateLogStream", names), { message: "The specified log stream already exists" });
    await assert.rejects(logs("DescribeLogStreams", { logGroupName: "/none" }), {
      name: "ResourceNotFoundException",
      message: "The specified log group does not exist.",
    });
    await assert.rejects(logs("GetLogEvents", { logGroupName: "/refusals", logStreamName: "none" }), {
      message: "The specified log stream does not exist.",
    });
  });

  it("keeps accounts and regions apart", async () => {
    await logs("CreateLogGroup", { logGroupName: "/apart" });
    const elsewhere = testCall({ region: "eu-west-1" });
    assert.deepEqual((await logs("DescribeLogGroups", { logGroupNamePrefix: "/apart" }, elsewhere)).logGroups, []);
    const stranger = testCall({ accountId: "111111111111" });
    const logGroupIdentifier = "arn:aws:logs:us-east-1:000000000000:log-group:/apart";
    await assert.rejects(logs("DescribeLogStreams", { logGroupIdentifier }, stranger), {
      name: "ResourceNotFoundException",
    });
    await logs("CreateLogGroup", { logGroupName: "/apart" }, stranger);
  });

  it("describes a group with both ARNs and pages by token", async () => {
    for (const name of ["/page/a", "/page/b", "/page/c"]) await logs("CreateLogGroup", { logGroupName: name });
    const first = await logs("DescribeLogGroups", { logGroupNamePrefix: "/page/", limit: 2 });
    assert.deepEqual(first.logGroups?.at(0), {
      logGroupName: "/page/a",
      creationTime: NOW,
      metricFilterCount: 0,
      arn: "arn:aws:logs:us-east-1:000000000000:log-group:/page/a:*",
      logGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:/page/a",
      logGroupClass: "STANDARD",
      storedBytes: 0,
      deletionProtectionEnabled: false,
    });
    const second = await logs("DescribeLogGroups", { logGroupNamePrefix: "/page/", nextToken: first.nextToken });
    assert.deepEqual(
      second.logGroups?.map((group) => group.logGroupName),
      ["/page/c"],
    );
    assert.equal(second.nextToken, undefined);
    await assert.rejects(logs("DescribeLogGroups", { nextToken: "nonsense" }), {
      message: "The specified nextToken is invalid.",
    });
  });

  it("gives back what was put, and an unchanged forward token until more comes", async () => {
    const names = await makeStream("/tail");
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(1, 2, 3) });
    const page = await logs("GetLogEvents", { ...names, startFromHead: true });
    assert.deepEqual(
      page.events,
      [1, 2, 3].map((time) => ({ timestamp: NOW + time, message: `m${time}`, ingestionTime: NOW })),
    );
    assert.match(page.nextForwardToken ?? "", /^f\/\d{56}\/s$/);
    const end = await logs("GetLogEvents", { ...names, nextToken: page.nextForwardToken });
    assert.deepEqual(end.events, []);
    assert.equal(end.nextForwardToken, page.nextForwardToken);
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(3, 4) });
    const more = await logs("GetLogEvents", { ...names, nextToken: end.nextForwardToken });
    assert.deepEqual(
      more.events?.map((event) => event.message),
      ["m3", "m4"],
    );
    const back = await logs("GetLogEvents", { ...names, nextToken: more.nextBackwardToken });
    assert.deepEqual(
      back.events?.map((event) => event.message),
      ["m1", "m2", "m3"],
    );
  });

  it("reads the newest page first without startFromHead and walks back to the start", async () => {
    const names = await makeStream("/back");
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(1, 2, 3, 4, 5) });
    const newest = await logs("GetLogEvents", { ...names, limit: 2 });
    assert.deepEqual(
      newest.events?.map((event) => event.message),
      ["m4", "m5"],
    );
    const older = await logs("GetLogEvents", { ...names, limit: 2, nextToken: newest.nextBackwardToken });
    assert.deepEqual(
      older.events?.map((event) => event.message),
      ["m2", "m3"],
    );
    const oldest = await logs("GetLogEvents", { ...names, limit: 2, nextToken: older.nextBackwardToken });
    assert.deepEqual(
      oldest.events?.map((event) => event.message),
      ["m1"],
    );
    const start = await logs("GetLogEvents", { ...names, nextToken: oldest.nextBackwardToken });
    assert.deepEqual(start.events, []);
    assert.equal(start.nextBackwardToken, oldest.nextBackwardToken);
  });

  it("puts late events in the order of time and finds them by time", async () => {
    const names = await makeStream("/late");
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(100, 200) });
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(50, 150) });
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(300) });
    const all = await logs("GetLogEvents", { ...names, startFromHead: true });
    assert.deepEqual(
      all.events?.map((event) => event.message),
      ["m50", "m100", "m150", "m200", "m300"],
    );
    const range = await logs("GetLogEvents", { ...names, startTime: NOW + 100, endTime: NOW + 200 });
    assert.deepEqual(
      range.events?.map((event) => event.message),
      ["m100", "m150"],
    );
  });

  it("drops what is too old, expired or too new and says which", async () => {
    const names = await makeStream("/rejected");
    const { rejectedLogEventsInfo: tooOld } = await logs("PutLogEvents", {
      ...names,
      logEvents: [{ timestamp: NOW - 15 * DAY_MS, message: "old" }, ...eventsAt(0)],
    });
    assert.deepEqual(tooOld, { tooOldLogEventEndIndex: 1 });
    await logs("PutRetentionPolicy", { logGroupName: "/rejected", retentionInDays: 1 });
    const { rejectedLogEventsInfo: rest } = await logs("PutLogEvents", {
      ...names,
      logEvents: [...eventsAt(-2 * DAY_MS, 1), { timestamp: NOW + 3 * 3_600_000, message: "new" }],
    });
    assert.deepEqual(rest, { expiredLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
    const { events } = await logs("GetLogEvents", names);
    assert.deepEqual(
      events?.map((event) => event.message),
      ["m0", "m1"],
    );
  });

  it("refuses unordered, oversized and day-long batches with AWS's words", async () => {
    const names = await makeStream("/batches");
    const put = (logEvents: { timestamp: number; message: string }[]) => logs("PutLogEvents", { ...names, logEvents });
    await assert.rejects(put(eventsAt(2, 1)), {
      message: "Log events in a single PutLogEvents request must be in chronological order.",
    });
    await assert.rejects(put([{ timestamp: NOW, message: "x".repeat(1024 * 1024) }]), {
      message: "Log event too large: 1048602 bytes exceeds limit of 1048576",
    });
    const half = { timestamp: NOW, message: "x".repeat(524_288) };
    await assert.rejects(put([half, half]), { message: "Upload too large: 1048628 bytes exceeds limit of 1048576" });
    await assert.rejects(put(eventsAt(-DAY_MS - 1, 0)), {
      message: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    });
  });

  it("hides events past their retention at once and gives their bytes back", async () => {
    const names = await makeStream("/kept");
    await logs("PutLogEvents", { ...names, logEvents: [{ timestamp: NOW - 3 * DAY_MS, message: "old" }] });
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(0) });
    await logs("PutRetentionPolicy", { logGroupName: "/kept", retentionInDays: 1 });
    assert.deepEqual(
      (await logs("GetLogEvents", names)).events?.map((event) => event.message),
      ["m0"],
    );
    const { logStreams } = await logs("DescribeLogStreams", { logGroupName: "/kept" });
    assert.equal(logStreams?.at(0)?.firstEventTimestamp, NOW);
    await assert.rejects(logs("PutRetentionPolicy", { logGroupName: "/kept", retentionInDays: 2 }), {
      name: "InvalidParameterException",
    });
  });

  it("orders streams by name or by last event, either way, in pages", async () => {
    await logs("CreateLogGroup", { logGroupName: "/order" });
    for (const [stream, time] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ] as const) {
      await logs("CreateLogStream", { logGroupName: "/order", logStreamName: stream });
      await logs("PutLogEvents", { logGroupName: "/order", logStreamName: stream, logEvents: eventsAt(time) });
    }
    const names = async (input: object) => {
      const found: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const token = nextToken === undefined ? {} : { nextToken };
        const page = await logs("DescribeLogStreams", { logGroupName: "/order", limit: 2, ...input, ...token });
        found.push(...(page.logStreams ?? []).map((stream) => stream.logStreamName));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return found.join("");
    };
    assert.equal(await names({}), "abc");
    assert.equal(await names({ descending: true }), "cba");
    assert.equal(await names({ orderBy: "LastEventTime" }), "bca");
    assert.equal(await names({ orderBy: "LastEventTime", descending: true }), "acb");
    await assert.rejects(names({ orderBy: "LastEventTime", logStreamNamePrefix: "a" }), {
      message: "Cannot order by LastEventTime with a logStreamNamePrefix.",
    });
  });

  it("starts empty when a group is made again under the same name", async () => {
    const names = await makeStream("/again");
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(1) });
    await logs("DeleteLogGroup", { logGroupName: "/again" });
    await makeStream("/again");
    assert.deepEqual((await logs("GetLogEvents", names)).events, []);
  });

  it("tags groups by ARN", async () => {
    await logs("CreateLogGroup", { logGroupName: "/tagged", tags: { one: "1" } });
    const resourceArn = "arn:aws:logs:us-east-1:000000000000:log-group:/tagged";
    await logs("TagResource", { resourceArn, tags: { two: "2" } });
    await logs("UntagResource", { resourceArn, tagKeys: ["one"] });
    assert.deepEqual((await logs("ListTagsForResource", { resourceArn })).tags, { two: "2" });
  });

  it("keeps stream names as long as AWS allows, in any script", async () => {
    const long = "日".repeat(512);
    const names = await makeStream("/long", long);
    await logs("PutLogEvents", { ...names, logEvents: eventsAt(1) });
    const { logStreams } = await logs("DescribeLogStreams", { logGroupName: "/long", logStreamNamePrefix: "日日" });
    assert.equal(logStreams?.at(0)?.logStreamName, long);
  });
});
