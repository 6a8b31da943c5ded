/** The recipe's runtime in real environments, and the recipe's snippets against its files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { FunctionVersion } from "../../../src/environments/index.ts";
import { type House, openHouse, versionOf } from "../../../src/environments/testing/house.ts";
import { assertRecipePrints } from "../support/recipe.ts";
import { createHelloRuntime } from "./runtime.ts";

const runtime = createHelloRuntime();

function openHello(): Promise<House> {
  return openHouse("auto", { runtimes: { get: (name) => (name === runtime.name ? runtime : undefined) } });
}

const version = (name: string): FunctionVersion =>
  versionOf(name, {
    runtime: runtime.name,
    handler: `${name}.txt`,
    code: { kind: "folder", path: join(import.meta.dirname, "functions") },
  });

test("a function of the recipe's runtime answers, logs and is reused", async () => {
  await using house = await openHello();
  const cold = await house.invoke(version("greeting"), { name: "Ada", age: 36 });
  assert.equal(cold.text, '"Hello Ada, you are 36."');
  const warm = await house.invoke(version("greeting"), { name: "Alan", age: 41 });
  assert.equal(warm.report.coldStart, false);
  assert.deepEqual(
    house.events.map(({ message }) => message).filter((line) => line.startsWith("members")),
    ["members: name, age\n", "members: name, age\n"],
  );
});

test("its errors and failed inits are reported as every runtime's", async () => {
  await using house = await openHello();
  const failed = await house.invoke(version("greeting"), { name: "Ada" });
  assert.equal(failed.functionError, "Unhandled");
  assert.deepEqual(JSON.parse(failed.text), { errorType: "RangeError", errorMessage: "the event has no member age" });
  const missing = await house.invoke(version("missing"), {});
  assert.equal(JSON.parse(missing.text).errorType, "Runtime.ImportModuleError");
});

test("the runtime is what the recipe prints", () => assertRecipePrints("add-a-runtime.md", import.meta.dirname));
