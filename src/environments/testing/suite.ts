/**
 * What every sandbox driver must let environments do. A driver's test file calls `environmentsSuite` with the name that
 * chooses the driver.
 */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../../base/testing/until.ts";
import { functionFile, openHouse, versionOf } from "./house.ts";
import { answersSuite } from "./suite-answers.ts";
import { channelsSuite } from "./suite-channels.ts";
import { extensionsSuite } from "./suite-extensions.ts";
import { lifeSuite } from "./suite-life.ts";

export function environmentsSuite(driver: string): void {
  channelsSuite(driver);
  answersSuite(driver);
  lifeSuite(driver);
  extensionsSuite(driver);

  test("an environment is reused with its module state, and the report tells cold from warm", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("echo");
    const cold = await house.invoke(version, { n: 1 });
    const warm = await house.invoke(version, { n: 2 });
    const [first, second] = [JSON.parse(cold.text), JSON.parse(warm.text)];
    assert.deepEqual([first.event, first.requestId, first.invocations], [{ n: 1 }, cold.requestId, 1]);
    assert.deepEqual([second.event, second.requestId, second.invocations], [{ n: 2 }, warm.requestId, 2]);
    assert.equal(first.loaded, second.loaded);
    assert.equal(cold.report.coldStart, true);
    assert.ok((cold.report.initDurationMs ?? 0) > 0);
    assert.equal(cold.report.billedDurationMs, Math.ceil(cold.report.durationMs + (cold.report.initDurationMs ?? 0)));
    assert.equal(warm.report.coldStart, false);
    assert.equal(warm.report.initDurationMs, undefined);
    assert.equal(cold.functionError, undefined);
  });

  test("parallel invocations get environments of their own, and the most recently used one goes first", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("sleeps");
    const names = await Promise.all([150, 300].map(async (ms) => (await house.invoke(version, { ms })).text));
    assert.equal(new Set(names).size, 2);
    await until("both are idle", () => house.environments.list().filter(({ state }) => state === "idle").length === 2);
    assert.equal((await house.invoke(version, { ms: 0 })).text, names[1]);
  });

  test("an invocation that waits for a start takes an environment that becomes free before", async () => {
    await using house = await openHouse(driver);
    const results = await Promise.all(Array.from({ length: 60 }, () => house.invoke(versionOf("echo"))));
    assert.ok(results.every(({ functionError }) => functionError === undefined));
    const cold = results.filter(({ report }) => report.coldStart).length;
    assert.ok(cold < 60, `${cold} cold starts`);
  });

  test("the log holds AWS's lines around what the function wrote, and tail its end", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("speaks");
    const { requestId, logTail = "" } = await house.invoke(version, { forged: "x" }, { tail: true });
    const lines = house.events.map(({ message }) => message);
    const [, versionArn] = /^INIT_START Runtime Version: \S+\tRuntime Version ARN: (\S+)\n$/.exec(lines[0] ?? "") ?? [];
    assert.equal(versionArn, version.runtimeVersionArn);
    assert.match(lines[1] ?? "", /^\S+Z\t-\tINFO\tloading\n$/);
    assert.equal(lines[2], `START RequestId: ${requestId} Version: $LATEST\n`);
    const own = lines.slice(3, -2);
    assert.deepEqual(own.filter((line) => !line.includes("\t")).sort(), ["second\n", "third\n", "without newline"]);
    const framed = own.filter((line) => line.includes("\t"));
    assert.match(framed[0] ?? "", new RegExp(`^\\S+Z\t${requestId}\tINFO\tfirst\nstill first\n$`));
    assert.match(framed[1] ?? "", /\tEND RequestId: x\n$/);
    assert.equal(lines.at(-2), `END RequestId: ${requestId}\n`);
    assert.match(
      lines.at(-1) ?? "",
      new RegExp(
        `^REPORT RequestId: ${requestId}\tDuration: \\d+\\.\\d\\d ms\tBilled Duration: \\d+ ms\tMemory Size: 256 MB\t` +
          `Max Memory Used: [1-9]\\d* MB\tInit Duration: \\d+\\.\\d\\d ms\t\n$`,
      ),
    );
    assert.equal(logTail, lines.slice(2).join(""));
    assert.equal(house.events[0]?.group, "/aws/lambda/speaks");
    assert.match(house.events[0]?.stream ?? "", /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  });

  test("the JSON format writes platform records and keeps levels", async () => {
    await using house = await openHouse(driver);
    const logging = { format: "JSON", group: "own", applicationLevel: "INFO", systemLevel: "DEBUG" } as const;
    const { requestId } = await house.invoke(versionOf("speaks", { logging }), {}, { tail: true });
    const records = house.events.flatMap(({ message }) => (message.startsWith("{") ? [JSON.parse(message)] : []));
    const platform = records.filter(({ type }) => type !== undefined);
    const types = ["initStart", "initReport", "start", "runtimeDone", "report"].map((name) => `platform.${name}`);
    assert.deepEqual(
      platform.map(({ type }) => type),
      types,
    );
    assert.deepEqual(platform[4].record.status, "success");
    assert.equal(platform[4].record.metrics.memorySizeMB, 256);
    const spoken = records.find(({ message }) => message === "first\nstill first");
    assert.deepEqual([spoken?.level, spoken?.requestId], ["INFO", requestId]);
    assert.match(house.events[0]?.stream ?? "", /^\d{4}\/\d\d\/\d\d\/speaks\[\$LATEST\][0-9a-f]{32}$/);
  });

  test("an endless function ends at its time limit and its process is replaced, wherever it hangs", async () => {
    await using house = await openHouse(driver);
    for (const spin of [true, false]) {
      const version = versionOf("forever", { timeoutMs: 500, functionName: `forever-${spin}` });
      const { text, requestId, functionError, errorType, logTail, report } = await house.invoke(
        version,
        { spin },
        { tail: true },
      );
      assert.equal(
        text,
        `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ${requestId} Error: Task timed out after 0.50 seconds"}`,
      );
      assert.deepEqual([functionError, errorType], ["Unhandled", "Sandbox.Timedout"]);
      assert.equal(report.durationMs, 500);
      assert.match(logTail ?? "", new RegExp(`Z ${requestId} Task timed out after 0.50 seconds\n\nEND `));
      assert.match(logTail ?? "", /\tDuration: 500\.00 ms\t.*\tStatus: timeout\n$/);
      assert.match(logTail ?? "", /starting/);
    }
    const left = house.environments.list().filter(({ state }) => state !== "waiting");
    assert.deepEqual(
      left.map(({ state }) => state),
      ["broken", "broken"],
    );
    const echo = versionOf("echo", { functionName: "forever-true", revisionId: "mended" });
    assert.equal((await house.invoke(echo)).functionError, undefined);
  });

  test("a process that ends is reported as AWS reports it", async () => {
    await using house = await openHouse(driver);
    const cases = [
      [{ code: 0 }, "Runtime exited without providing a reason"],
      [{ code: 42 }, "Runtime exited with error: exit status 42"],
      [{ signal: "SIGKILL" }, "Runtime exited with error: signal: killed"],
      [{ signal: "SIGSEGV" }, "Runtime exited with error: signal: segmentation fault"],
    ] as const;
    for (const [event, message] of cases) {
      const result = await house.invoke(versionOf("ends"), event, { tail: true });
      const { text, requestId, errorType, logTail = "" } = result;
      const errorMessage = `RequestId: ${requestId} Error: ${message}`;
      assert.equal(text, JSON.stringify({ errorType: "Runtime.ExitError", errorMessage }));
      assert.equal(errorType, "Runtime.ExitError");
      assert.ok(logTail.includes(`${errorMessage}\nRuntime.ExitError\nEND RequestId: ${requestId}\n`), logTail);
      assert.match(logTail, /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
      assert.match(logTail, /last words/);
    }
  });

  test("a failed init is tried again inside the invocation, whose caller sees the second failure", async () => {
    await using house = await openHouse(driver);
    const { text, errorType, functionError, logTail, requestId, report } = await house.invoke(
      versionOf("fails-to-load"),
      {},
      { tail: true },
    );
    const error = JSON.parse(text);
    assert.deepEqual([error.errorType, error.errorMessage], ["RangeError", "never loads"]);
    assert.deepEqual([errorType, functionError], ["RangeError", "Unhandled"]);
    const lines = house.events.map(({ message }) => message);
    assert.equal(lines.filter((line) => line.includes("loading badly")).length, 2);
    const reports = lines.filter((line) => line.startsWith("INIT_REPORT"));
    assert.match(
      reports[0] ?? "",
      /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.Unknown\n$/,
    );
    assert.match(reports[1] ?? "", /\tPhase: invoke\t/);
    const { timings, failed } = report.restart ?? {};
    assert.ok(timings !== undefined && failed !== undefined);
    assert.ok(timings.waitMs + timings.sandboxMs + timings.attachMs + timings.initMs <= report.durationMs);
    assert.equal(report.coldTimings, undefined);
    assert.match(
      logTail ?? "",
      new RegExp(
        `^START RequestId: ${requestId} .*\nEND .*\nREPORT .*\tStatus: error\tError Type: Runtime\\.Unknown\n$`,
      ),
    );
  });

  test("an init that succeeds at its second try serves the invocation, without an init of its own in the report", async () => {
    await using house = await openHouse(driver);
    const folder = join(house.folder, "code");
    mkdirSync(folder, { mode: 0o755 });
    copyFileSync(functionFile("loads-later.mjs"), join(folder, "loads-later.mjs"));
    house.onEvent = (message) => {
      if (message.startsWith("INIT_REPORT")) writeFileSync(join(folder, "may-load"), "");
    };
    const version = versionOf("loads-later", { code: { kind: "folder", path: folder } });
    const { text, report } = await house.invoke(version);
    assert.equal(text, '"loaded"');
    assert.deepEqual([report.coldStart, report.initDurationMs], [false, undefined]);
    const reports = house.events.filter(({ message }) => message.startsWith("INIT_REPORT"));
    assert.match(reports[0]?.message ?? "", /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
  });

  test("an init beyond its limit starts over under the function's own time limit", async () => {
    await using house = await openHouse(driver, { settings: { initTimeoutMs: 200 } });
    const variables = { LOADS_MS: "600" };
    const loaded = await house.invoke(versionOf("loads-slowly", { variables }));
    assert.equal(loaded.text, '"loaded"');
    assert.ok(loaded.report.durationMs >= 600);
    assert.match(
      house.events.find(({ message }) => message.startsWith("INIT_REPORT"))?.message ?? "",
      /\tPhase: init\tStatus: timeout\n$/,
    );
    const late = await house.invoke(versionOf("loads-slowly", { variables, timeoutMs: 300, functionName: "late" }));
    assert.equal(late.errorType, "Sandbox.Timedout");
    assert.match(late.text, /Task timed out after 0\.30 seconds/);
  });

  test("a retired revision finishes what it runs and serves nothing more", async () => {
    await using house = await openHouse(driver);
    const old = versionOf("sleeps", { revisionId: "old" });
    const running = house.invoke(old, { ms: 300 });
    await until("it runs", () => house.environments.list().some(({ state }) => state === "busy"));
    house.environments.retire(old.functionArn, ["new"]);
    const fresh = await house.invoke(versionOf("sleeps", { revisionId: "new" }), { ms: 0 });
    const former = await running;
    assert.notEqual(fresh.text, former.text);
    await until(
      "only the new one is left",
      () => house.environments.list().filter(({ state }) => state !== "waiting").length === 1,
    );
  });

  test("a cold start takes a sandbox made ahead, which is replaced", async () => {
    await using house = await openHouse(driver);
    const spares = () => house.environments.list().filter(({ state }) => state === "waiting").length;
    assert.equal(spares(), 0);
    house.environments.expect(versionOf("echo"));
    await until("a spare", () => spares() === 1);
    const { report } = await house.invoke(versionOf("echo"));
    assert.equal(report.coldTimings?.source, "spare");
    await until("its replacement", () => spares() === 1);
    assert.equal((await house.invoke(versionOf("sleeps"), { ms: 0 })).report.coldTimings?.source, "spare");
  });

  test("idle environments and unused spares end by themselves", async () => {
    await using house = await openHouse(driver, { settings: { idleMs: 100, spareIdleMs: 200 } });
    await house.invoke(versionOf("echo"));
    await until("nothing is left", () => house.environments.list().length === 0);
  });

  test("an environment is replaced at its age limit", async () => {
    await using house = await openHouse(driver, { settings: { ageMaxMs: 1 } });
    const first = JSON.parse((await house.invoke(versionOf("echo"))).text);
    const second = JSON.parse((await house.invoke(versionOf("echo"))).text);
    assert.notEqual(first.loaded, second.loaded);
  });

  test("an environment that the machine's memory cannot take waits for room, for which idle ones are given up", async () => {
    let freeMb = 500;
    const settings = { availableMemoryMb: () => freeMb, memoryWaitMs: 10_000, sparesPerRuntimeMax: 0 };
    await using house = await openHouse(driver, { settings });
    const running = house.invoke(versionOf("sleeps"), { ms: 200 });
    await until("it runs", () => house.environments.list().some(({ state }) => state === "busy"));
    freeMb = 100;
    const waiting = house.invoke(versionOf("echo"));
    await running;
    await until("the idle one is given up", () => house.environments.list().length === 0);
    freeMb = 500;
    const other = house.invoke(versionOf("sleeps", { functionName: "other" }), { ms: 0 });
    assert.deepEqual([(await waiting).functionError, (await other).functionError], [undefined, undefined]);
  });

  test("an environment that the machine's memory does not take in time is refused", async () => {
    const settings = { availableMemoryMb: () => 100, memoryWaitMs: 50, sparesPerRuntimeMax: 0 };
    await using house = await openHouse(driver, { settings });
    await assert.rejects(house.invoke(versionOf("echo")), { name: "CapacityExceeded" });
  });

  test("disposing ends running invocations with AWS's error for a killed runtime", async () => {
    const house = await openHouse(driver);
    const running = house.invoke(versionOf("forever"), { spin: true });
    await until("it runs", () => house.environments.list().some(({ state }) => state === "busy"));
    await house[Symbol.asyncDispose]();
    assert.match((await running).text, /signal: killed/);
    await assert.rejects(house.invoke(versionOf("echo")), /shutting down/);
  });
}
