import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { SandboxDriver } from "../sandbox/index.ts";
import { openDriver, openHouse, versionOf } from "./testing/house.ts";

test("each loopback port that refused a function leaves one line per environment that says what to do", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lambent-refused-"));
  try {
    await using plain = await openDriver("process", folder);
    await using house = await openHouse("process", { driver: seeingRefusals(plain, [5432]) });
    for (const _round of [1, 2]) await house.invoke(versionOf("echo"), {}, { tail: true });
    const lines = house.events.map(({ message }) => message).filter((message) => message.startsWith("[lambent]"));
    assert.deepEqual(lines, [
      "[lambent] connection to localhost:5432 was refused: inside a function, localhost is the function's own; " +
        "start Lambent with --expose 5432 to reach the service on your machine\n",
    ]);
    const texts = house.events.map(({ message }) => message);
    assert.ok(
      texts.findIndex((text) => text.startsWith("[lambent]")) < texts.findIndex((text) => text.startsWith("END")),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** `driver`, but after each invocation its sandboxes say that these ports refused a connection. */
function seeingRefusals(driver: SandboxDriver, ports: readonly number[]): SandboxDriver {
  return {
    isolation: driver.isolation,
    prepare: () => driver.prepare(),
    create: async (spec) => Object.assign(await driver.create(spec), { takeRefusedPorts: () => ports }),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}
