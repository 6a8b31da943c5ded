/**
 * The suite under real isolation, where this machine has it: `auto` says so. Where it has not, the one test below tells
 * why; the server then says the same at its start.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lineLog, systemClock, systemRandom } from "../base/index.ts";
import { createSandboxDriver, type Isolation } from "../sandbox/index.ts";
import { openHouse, versionOf } from "./testing/house.ts";
import { environmentsSuite } from "./testing/suite.ts";

const isolation = await isolationHere();

if (isolation.driver === "oci") {
  environmentsSuite("oci");

  test("a function that eats more memory than it has is killed and reported as AWS does, its neighbour untouched", async () => {
    await using house = await openHouse("oci");
    const neighbour = house.invoke(versionOf("sleeps"), { ms: 1_000 });
    const version = versionOf("eats-memory", { memoryMb: 128, timeoutMs: 20_000 });
    const { text, requestId, errorType, logTail, report } = await house.invoke(version, {}, { tail: true });
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`;
    assert.equal(text, JSON.stringify({ errorType: "Runtime.OutOfMemory", errorMessage }));
    assert.equal(errorType, "Runtime.OutOfMemory");
    assert.equal(report.maxMemoryUsedMb, 128);
    assert.match(logTail ?? "", /\tMax Memory Used: 128 MB\t.*Status: error\tError Type: Runtime\.OutOfMemory\n$/);
    assert.equal((await neighbour).functionError, undefined);
  });

  test("localhost inside is the function's own, with Lambent at its usual port", async () => {
    await using house = await openHouse("oci");
    const say = "GET / HTTP/1.0\r\n\r\n";
    const { text } = await house.invoke(versionOf("calls-port"), { port: 4566, say });
    assert.match(text, /HTTP\/1\.1 200 OK/);
  });

  test("a refused connection to a loopback port leaves one line that says what to do", async () => {
    await using house = await openHouse("oci");
    for (const _round of [1, 2]) {
      const { text } = await house.invoke(versionOf("calls-port"), { port: 5432, say: "x" });
      assert.equal(text, '"ECONNREFUSED"');
    }
    const lines = house.events.filter(({ message }) => message.startsWith("[lambent] connection to localhost:5432"));
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.message ?? "", /--expose 5432/);
  });
} else {
  test("where isolation cannot be had, the driver says why", () => {
    assert.equal(isolation.driver, "process");
    assert.ok(isolation.gaps.length > 0);
  });
}

async function isolationHere(): Promise<Isolation> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-isolation-"));
  const log = lineLog("error", (line) => process.stderr.write(line));
  const base = { clock: systemClock, random: systemRandom, log };
  await using driver = await createSandboxDriver({ requested: "auto", runFolder: join(folder, "run"), ...base });
  rmSync(folder, { recursive: true, force: true });
  return driver.isolation;
}
