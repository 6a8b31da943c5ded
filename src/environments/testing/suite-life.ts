/** The part of the suite about what outlives a process, and about standing still between invocations. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { until } from "../../base/testing/until.ts";
import { openHouse, versionOf } from "./house.ts";

const NEVER_FROZEN = { settings: { freezeAfterMs: 3_600_000 } };

export function lifeSuite(driver: string): void {
  test("after a time-out, an exit or a signal the environment goes on with its /tmp and log stream, without its globals", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("lives", { timeoutMs: 1_500 });
    const first = await house.invoke(version, { note: "from the first" });
    const before = JSON.parse(first.text);
    assert.equal(before.found, null);
    const losses = [
      [{ note: "from the one that hung", hang: true }, "Sandbox.Timedout", "from the one that hung"],
      [{ note: "from the one that span", spin: true }, "Sandbox.Timedout", "from the one that span"],
      [{ note: "from the one that exited", code: 3 }, "Runtime.ExitError", "from the one that exited"],
      [
        { note: "from the one that was killed", signal: "SIGKILL" },
        "Runtime.ExitError",
        "from the one that was killed",
      ],
    ] as const;
    let loaded = before.loaded;
    for (const [event, errorType, note] of losses) {
      assert.equal((await house.invoke(version, event)).errorType, errorType);
      const next = await house.invoke(version);
      const after = JSON.parse(next.text);
      assert.deepEqual([after.found, after.stream], [note, before.stream]);
      assert.notEqual(after.loaded, loaded);
      loaded = after.loaded;
      assert.deepEqual([next.report.coldStart, next.report.initDurationMs], [false, undefined]);
    }
    assert.equal(new Set(house.reports.map(({ environmentId }) => environmentId)).size, 1);
    const lines = house.events.map(({ message }) => message);
    assert.equal(lines.filter((line) => line.startsWith("INIT_START")).length, 1);
    assert.equal(lines.filter((line) => line.endsWith("\tloading\n")).length, 1 + losses.length);
    assert.equal(lines.filter((line) => line.startsWith("INIT_REPORT")).length, 0);
  });

  test("a process that ends while its environment is idle is replaced inside the next invocation, which does not fail", async () => {
    await using house = await openHouse(driver, NEVER_FROZEN);
    const version = versionOf("lives");
    const first = JSON.parse((await house.invoke(version, { note: "kept", exitSoon: true })).text);
    await until("it is lost", () => house.environments.list().some(({ state }) => state === "broken"));
    const second = await house.invoke(version);
    const { loaded, found, stream } = JSON.parse(second.text);
    assert.deepEqual([found, stream, second.functionError], ["kept", first.stream, undefined]);
    assert.notEqual(loaded, first.loaded);
  });

  test("the init inside an invocation counts as its duration, and is a record of phase invoke in the JSON format", async () => {
    await using house = await openHouse(driver);
    const logging = { format: "JSON", group: "own", applicationLevel: "INFO", systemLevel: "DEBUG" } as const;
    const version = versionOf("loads-slowly", { logging, timeoutMs: 5_000, variables: { LOADS_MS: "300" } });
    await house.invoke(version, { exit: true });
    house.events.length = 0;
    const { report, text } = await house.invoke(version, {}, { tail: true });
    assert.equal(text, '"loaded"');
    assert.ok(report.durationMs >= 300, `${report.durationMs} ms`);
    assert.equal(report.billedDurationMs, Math.ceil(report.durationMs));
    const records = house.events.map(({ message }) => JSON.parse(message)).filter(({ type }) => type !== undefined);
    assert.deepEqual(
      records.map(({ type, record }) => [type, record.phase ?? record.status]),
      [
        ["platform.initStart", "invoke"],
        ["platform.initReport", "invoke"],
        ["platform.start", undefined],
        ["platform.runtimeDone", "success"],
        ["platform.report", "success"],
      ],
    );
    assert.equal(records[1].record.status, "success");
  });

  test("what a function leaves running stands still until its next invocation, and then goes on", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("lives");
    await house.invoke(version, { background: true });
    await house.invoke(versionOf("sleeps"), { ms: 1_500 });
    const { idle } = JSON.parse((await house.invoke(version, { goesOn: true })).text);
    assert.ok(idle.ms >= 1_500, `idle for ${idle.ms} ms`);
    assert.ok(idle.cpuMs < idle.ms / 3, `${idle.cpuMs} ms of CPU in ${idle.ms} ms of rest`);
    assert.ok(idle.ticks < idle.ms / 3, `${idle.ticks} ticks of a timer in ${idle.ms} ms of rest`);
  });

  test("connections survive the rest, with what arrived meanwhile", async () => {
    const connections: Socket[] = [];
    const server = createServer((socket) => connections.push(socket.on("error", () => undefined)));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    try {
      await using house = await openHouse(driver, { exposePorts: [address.port] });
      const version = versionOf("lives");
      await house.invoke(version, { port: address.port });
      await house.invoke(versionOf("sleeps"), { ms: 100 });
      await until("it is connected", () => connections.length === 1);
      connections[0]?.write("sent while it rested");
      assert.equal(JSON.parse((await house.invoke(version, { hears: true })).text).heard, "sent while it rested");
    } finally {
      for (const socket of connections) socket.destroy();
      server.close();
    }
  });

  test("an environment at rest ends like any other, when it is old or replaced", async () => {
    await using house = await openHouse(driver, { settings: { idleMs: 150, sparesPerRuntimeMax: 0 } });
    await house.invoke(versionOf("lives"), { background: true });
    await until("it is gone", () => house.environments.list().length === 0);
    const old = versionOf("lives", { revisionId: "old" });
    await house.invoke(old, { background: true });
    house.environments.retire(old.functionArn, ["new"]);
    await until("it is gone too", () => house.environments.list().length === 0);
  });
}
