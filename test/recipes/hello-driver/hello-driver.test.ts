/** The recipe's driver under the suite of all drivers, under real environments, and the recipe's snippets against its files. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openHouse, versionOf } from "../../../src/environments/testing/house.ts";
import { driverContract } from "../../../src/sandbox/testing/contract.ts";
import { assertRecipePrints } from "../support/recipe.ts";
import { createHelloDriver } from "./driver.ts";

driverContract({ name: "hello", open: (runFolder) => createHelloDriver({ runFolder }) });

test("a function runs in the recipe's driver", async () => {
  const runFolder = mkdtempSync(join(tmpdir(), "lambent-hello-driver-"));
  try {
    await using driver = createHelloDriver({ runFolder });
    await using house = await openHouse("process", { driver });
    const { text } = await house.invoke(versionOf("echo"), { hello: "driver" });
    assert.deepEqual(JSON.parse(text).event, { hello: "driver" });
  } finally {
    rmSync(runFolder, { recursive: true, force: true });
  }
});

test("the driver is what the recipe prints", () => assertRecipePrints("add-a-sandbox-driver.md", import.meta.dirname));
