/** Live tail sessions: what is put while one is open arrives in it, and a session that is left costs nothing more. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock, systemRandom } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import { type TestCaller, testCaller, testStore } from "../kit/testing.ts";
import { type LogsClient, logsService } from "./index.ts";

describe("StartLiveTail", () => {
  let store: Store;
  let logs: TestCaller<LogsClient>;
  const arn = (group: string): string => `arn:aws:logs:us-east-1:000000000000:log-group:${group}`;

  before(async () => {
    store = await testStore(systemClock);
    const limits = { liveTailIntervalMs: 20, liveTailEventsPerSecond: 2, liveTailSessionMs: 400 };
    logs = await testCaller(logsService({ store, clock: systemClock, random: systemRandom, limits }));
  });
  after(() => store[Symbol.asyncDispose]());

  async function makeStream(logGroupName: string, logStreamName: string): Promise<void> {
    await logs("CreateLogGroup", { logGroupName });
    await logs("CreateLogStream", { logGroupName, logStreamName });
  }

  const put = (logGroupName: string, logStreamName: string, ...messages: readonly string[]) =>
    logs("PutLogEvents", {
      logGroupName,
      logStreamName,
      logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
    });

  it("begins with the session, then passes on what matches, sampled down to the limit", async () => {
    await makeStream("/live", "s");
    const leave = new AbortController();
    const input = { logGroupIdentifiers: [arn("/live")], logEventFilterPattern: "yes" };
    const { responseStream } = await logs("StartLiveTail", input, { signal: leave.signal });
    assert.ok(responseStream !== undefined);
    const kinds: string[] = [];
    for await (const event of responseStream) {
      kinds.push(Object.keys(event).join());
      if (event.sessionStart !== undefined) {
        assert.equal(event.sessionStart.logEventFilterPattern, "yes");
        await put("/live", "s", "yes 1", "no", "yes 2", "yes 3");
      }
      const results = event.sessionUpdate?.sessionResults ?? [];
      if (results.length === 0) continue;
      assert.deepEqual(
        results.map((result) => result.message),
        ["yes 1", "yes 2"],
      );
      assert.equal(results.at(0)?.logGroupIdentifier, "000000000000:/live");
      assert.equal(event.sessionUpdate?.sessionMetadata?.sampled, true);
      leave.abort();
    }
    assert.equal(kinds[0], "sessionStart");
  });

  it("follows only the chosen streams, and ends with a time-out of its own", async () => {
    await makeStream("/chosen", "in-1");
    await logs("CreateLogStream", { logGroupName: "/chosen", logStreamName: "out" });
    const { responseStream } = await logs("StartLiveTail", {
      logGroupIdentifiers: [arn("/chosen")],
      logStreamNamePrefixes: ["in-"],
    });
    assert.ok(responseStream !== undefined);
    const messages: (string | undefined)[] = [];
    let last: string | undefined;
    for await (const event of responseStream) {
      if (event.sessionStart !== undefined) {
        await put("/chosen", "out", "hidden");
        await put("/chosen", "in-1", "seen");
      }
      messages.push(...(event.sessionUpdate?.sessionResults ?? []).map((result) => result.message));
      last = Object.keys(event).join();
    }
    assert.deepEqual(messages, ["seen"]);
    assert.equal(last, "SessionTimeoutException");
  });

  it("refuses streams of several groups and missing groups", async () => {
    await makeStream("/one", "s");
    await makeStream("/two", "s");
    const groups = [arn("/one"), arn("/two")];
    await assert.rejects(logs("StartLiveTail", { logGroupIdentifiers: groups, logStreamNames: ["s"] }), {
      name: "InvalidParameterException",
    });
    await assert.rejects(logs("StartLiveTail", { logGroupIdentifiers: [arn("/none")] }), {
      name: "ResourceNotFoundException",
    });
  });
});
