/**
 * The suite under real isolation, where this machine has it: `auto` says so. Where it has not, the one test below tells
 * why; the server then says the same at its start.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Isolation } from "../sandbox/index.ts";
import { openDriver, openHouse, versionOf } from "./testing/house.ts";
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
} else {
  test("where isolation cannot be had, the driver says why", () => {
    assert.equal(isolation.driver, "process");
    assert.ok(isolation.gaps.length > 0);
  });
}

async function isolationHere(): Promise<Isolation> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-isolation-"));
  await using driver = await openDriver("auto", folder);
  rmSync(folder, { recursive: true, force: true });
  return driver.isolation;
}
