/**
 * The log sink against the real log service in this process. Faults are put between the two: a client that fails for a
 * while, as a service that is down does.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Clock, lineLog, systemClock, systemRandom, type Timer } from "../base/index.ts";
import { TEST_ACCOUNT, TEST_REGION, testServer, testStore } from "../services/kit/testing.ts";
import { type LogsClient, logsService } from "../services/logs/index.ts";
import type { Store } from "../store/index.ts";
import type { CallerIdentity, ServiceClient, Wire } from "../wire/index.ts";
import { createLogSink, type LogSinkOptions, type ServiceLogSink } from "./index.ts";

type LogsApi = ServiceClient<LogsClient>;

describe("the log sink", () => {
  const stack = new AsyncDisposableStack();
  let store: Store;
  let wire: Wire;
  let logs: LogsApi;
  let groupCount = 0;

  before(async () => {
    store = stack.use(await testStore(systemClock));
    const server = stack.use(await testServer([logsService({ store, clock: systemClock, random: systemRandom })]));
    wire = server.wire;
    const principal = { kind: "user", accountId: TEST_ACCOUNT, arn: `arn:aws:iam::${TEST_ACCOUNT}:user/test` } as const;
    logs = clientFor({ principal, region: TEST_REGION });
  });
  after(() => stack.disposeAsync());

  const clientFor = (identity: CallerIdentity): LogsApi => wire.client<LogsClient>("logs", identity);

  function makeSink(overrides: Partial<LogSinkOptions> = {}): { sink: ServiceLogSink; lines: string[] } {
    const lines: string[] = [];
    const log = lineLog("info", (line) => lines.push(line));
    return { sink: createLogSink({ logsClient: clientFor, clock: systemClock, log, ...overrides }), lines };
  }

  const newTarget = () => ({
    accountId: TEST_ACCOUNT,
    region: TEST_REGION,
    group: `/aws/lambda/sink-${groupCount++}`,
    stream: "2026/05/01/[$LATEST]0123456789abcdef0123456789abcdef",
    functionName: "sink",
    roleArn: `arn:aws:iam::${TEST_ACCOUNT}:role/sink`,
  });

  async function storedMessages(target: { group: string; stream: string }): Promise<readonly (string | undefined)[]> {
    const { events } = await logs.call("GetLogEvents", {
      logGroupName: target.group,
      logStreamName: target.stream,
      startFromHead: true,
    });
    return (events ?? []).map((event) => event.message);
  }

  it("makes group and stream at the first write and keeps order", async () => {
    const { sink, lines } = makeSink();
    await using _ = sink;
    const target = newTarget();
    const stream = sink.open(target);
    const now = Date.now();
    for (let index = 0; index < 100; index++) stream.write(`line ${index}`, now);
    await sink.flush();
    assert.deepEqual(
      await storedMessages(target),
      Array.from({ length: 100 }, (_value, index) => `line ${index}`),
    );
    assert.deepEqual(lines, []);
  });

  it("shows a line within 300 ms of its writing without being asked", async () => {
    const { sink } = makeSink();
    await using _ = sink;
    const target = newTarget();
    const stream = sink.open(target);
    stream.write("first", Date.now());
    await sink.flush();
    // The best of a few, because other work on the machine may delay any single one.
    const delays: number[] = [];
    for (let count = 2; count <= 5; count++) {
      const started = performance.now();
      stream.write(`line ${count}`, Date.now());
      while ((await storedMessages(target)).length < count) await new Promise(setImmediate);
      delays.push(performance.now() - started);
    }
    assert.ok(Math.min(...delays) < 300, `took ${delays.join(", ")} ms`);
  });

  it("sends one put for many lines and keeps no timer when nothing waits", async () => {
    const timers = new Set<Timer>();
    const clock: Clock = {
      ...systemClock,
      schedule(delayMs, fire) {
        const timer = systemClock.schedule(delayMs, () => {
          timers.delete(wrapped);
          fire();
        });
        const cancel = (): void => {
          timers.delete(wrapped);
          timer.cancel();
        };
        const wrapped: Timer = { cancel, [Symbol.dispose]: cancel };
        timers.add(wrapped);
        return wrapped;
      },
    };
    const calls: string[] = [];
    const counting = (identity: CallerIdentity): LogsApi => {
      const api = clientFor(identity);
      return {
        call(operation, input) {
          calls.push(operation);
          return api.call(operation, input);
        },
      };
    };
    const { sink } = makeSink({ clock, logsClient: counting });
    await using _ = sink;
    const stream = sink.open(newTarget());
    for (let index = 0; index < 1000; index++) stream.write("x", Date.now());
    await sink.flush();
    assert.deepEqual(calls, ["CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"]);
    assert.equal(timers.size, 0);
  });

  it("gathers anew after a put instead of sending line by line", async () => {
    const release = Promise.withResolvers<void>();
    const puts: number[] = [];
    let isCalled = false;
    const slow = (identity: CallerIdentity): LogsApi => {
      const api = clientFor(identity);
      return {
        async call(operation, input) {
          isCalled = true;
          if (operation === "PutLogEvents") puts.push(puts.length);
          await release.promise;
          return api.call(operation, input);
        },
      };
    };
    const { sink } = makeSink({ logsClient: slow, limits: { flushDelayMs: 50 } });
    await using _ = sink;
    const target = newTarget();
    const stream = sink.open(target);
    await logs.call("CreateLogGroup", { logGroupName: target.group });
    await logs.call("CreateLogStream", { logGroupName: target.group, logStreamName: target.stream });
    stream.write("first", Date.now());
    while (!isCalled) await new Promise(setImmediate);
    for (let index = 0; index < 10; index++) stream.write("later", Date.now());
    release.resolve();
    while ((await storedMessages(target)).length < 1) await new Promise(setImmediate);
    for (let index = 0; index < 10; index++) stream.write("later still", Date.now());
    await sink.flush();
    assert.equal((await storedMessages(target)).length, 21);
    assert.ok(puts.length <= 3, `${puts.length} puts`);
  });

  it("gathers for longer the more streams are written to, up to a bound", async () => {
    const delays: number[] = [];
    const clock: Clock = {
      ...systemClock,
      schedule(delayMs, fire) {
        delays.push(delayMs);
        return systemClock.schedule(delayMs, fire);
      },
    };
    const limits = { flushDelayMs: 1_000, streamsAtOnce: 2, flushDelayMsMax: 2_500 };
    const { sink } = makeSink({ clock, limits });
    await using _ = sink;
    const targets = Array.from({ length: 6 }, newTarget);
    for (const target of targets) sink.open(target).write("line", Date.now());
    assert.deepEqual(delays, [1_000, 1_000, 1_500, 2_000, 2_500, 2_500]);
    await sink.flush();
    for (const target of targets) assert.deepEqual(await storedMessages(target), ["line"]);
  });

  it("tries again while the service is down, and loses nothing when it comes back", async () => {
    let failures = 2;
    const flaky = (identity: CallerIdentity): LogsApi => {
      const api = clientFor(identity);
      return {
        call(operation, input) {
          if (failures-- > 0) return Promise.reject(new Error("connection refused"));
          return api.call(operation, input);
        },
      };
    };
    const { sink, lines } = makeSink({ logsClient: flaky, limits: { retryDelayMs: 5 } });
    await using _ = sink;
    const target = newTarget();
    sink.open(target).write("kept", Date.now());
    await sink.flush();
    assert.deepEqual(await storedMessages(target), ["kept"]);
    assert.deepEqual(lines, []);
  });

  it("drops and reports what it cannot deliver, in one line that says why", async () => {
    const down = (): LogsApi => ({ call: () => Promise.reject(new Error("connection refused")) });
    const { sink, lines } = makeSink({ logsClient: down, limits: { retryDelayMs: 1 } });
    await using _ = sink;
    const stream = sink.open(newTarget());
    for (let index = 0; index < 3; index++) stream.write("lost", Date.now());
    await sink.flush();
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /log events were dropped count=3 group=\/aws\/lambda\/sink-\d+ .*connection refused/);
  });

  it("drops what is beyond its bounds instead of growing, and goes on", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = (identity: CallerIdentity): LogsApi => {
      const api = clientFor(identity);
      return {
        async call(operation, input) {
          await held;
          return api.call(operation, input);
        },
      };
    };
    const { sink, lines } = makeSink({ logsClient: slow, limits: { streamBytesMax: 1000 } });
    await using _ = sink;
    const target = newTarget();
    const stream = sink.open(target);
    for (let index = 0; index < 100; index++) stream.write("x".repeat(74), Date.now());
    release();
    await sink.flush();
    assert.equal((await storedMessages(target)).length, 10);
    stream.write("after", Date.now());
    await sink.flush();
    assert.equal((await storedMessages(target)).at(-1), "after");
    assert.match(lines.join(""), /dropped .*they came faster than the log takes them/);
  });

  it("cuts a line beyond the limit between characters and leaves out empty ones", async () => {
    const { sink } = makeSink({ limits: { eventBytesMax: 10 } });
    await using _ = sink;
    const target = newTarget();
    const stream = sink.open(target);
    stream.write("", Date.now());
    stream.write("日本語日本語", Date.now());
    await sink.flush();
    assert.deepEqual(await storedMessages(target), ["日本語", "日本語"]);
  });

  it("makes a stream again that was deleted under it", async () => {
    const { sink } = makeSink();
    await using _ = sink;
    const target = newTarget();
    const stream = sink.open(target);
    stream.write("before", Date.now());
    await sink.flush();
    await logs.call("DeleteLogGroup", { logGroupName: target.group });
    stream.write("after", Date.now());
    await sink.flush();
    assert.deepEqual(await storedMessages(target), ["after"]);
  });

  it("ends in bounded time when the service never answers, and says what was lost", async () => {
    const silent = (): LogsApi => ({ call: () => new Promise(() => undefined) });
    const { sink, lines } = makeSink({ logsClient: silent, limits: { closeTimeoutMs: 20, batchEventsMax: 1 } });
    const stream = sink.open(newTarget());
    for (let index = 0; index < 3; index++) stream.write("lost", Date.now());
    await sink[Symbol.asyncDispose]();
    assert.match(lines.join(""), /dropped count=2 .*the server ended/);
  });

  it("delivers what waits when it is disposed, and only counts what is written then", async () => {
    const { sink, lines } = makeSink();
    const target = newTarget();
    const stream = sink.open(target);
    stream.write("last words", Date.now());
    await sink[Symbol.asyncDispose]();
    assert.deepEqual(await storedMessages(target), ["last words"]);
    stream.write("too late", Date.now());
    assert.match(lines.join(""), /dropped count=1 .*the stream is closed/);
  });
});
