/**
 * The table of operations is current and says nothing worse than it must: every operation of Lambda has a handler and a test,
 * and no member of a request is ignored without being declared.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as lambda from "@aws-sdk/client-lambda";
import { SETTINGS_WITHOUT_EFFECT } from "../../src/lambda/index.ts";
import { readServiceModel } from "../../src/wire/schema/service-model.ts";
import { isStruct } from "../../src/wire/schema/shape.ts";
import { BECAUSE_OF, EFFECTS } from "./effects.ts";
import { makePages, operationRows } from "./page.ts";

const ROOT = join(import.meta.dirname, "../..");

test("docs/operations.md and the README's table are what the sources say", async () => {
  for (const { path, current, made } of await makePages()) {
    assert.ok(current === made, `${path} is not current: run \`node test/operations/main.ts --write\``);
  }
});

test("every operation of Lambda has a handler and a test that calls it", async () => {
  const [service] = await operationRows();
  const rows = service?.rows ?? [];
  assert.equal(rows.length, 88);
  assert.deepEqual(
    rows.filter(({ isHandled, tests }) => !isHandled || tests.length === 0).map(({ name }) => name),
    [],
  );
});

test("every member of Lambda's requests takes effect somewhere, or is declared to have none", () => {
  const members = new Set<string>();
  for (const { input } of readServiceModel(lambda).operations.values()) {
    for (const member of isStruct(input) ? input.members : []) members.add(member.name);
  }
  const declared = new Set(Object.keys(SETTINGS_WITHOUT_EFFECT));
  const nowhere = [...members].filter((name) => {
    const because = BECAUSE_OF[name];
    return EFFECTS[name] === undefined && !declared.has(because ?? name);
  });
  assert.deepEqual(nowhere, []);
  const stale = [...Object.keys(EFFECTS), ...Object.keys(BECAUSE_OF)].filter((name) => !members.has(name));
  assert.deepEqual(stale, []);
});

test("a member takes effect in a file that reads it", () => {
  const missing = Object.entries(EFFECTS).filter(([name, path]) => !new RegExp(`\\b${name}\\b`).test(textOf(path)));
  assert.deepEqual(missing, []);
});

function textOf(path: string): string {
  const full = join(ROOT, path);
  if (!existsSync(full)) return "";
  if (!statSync(full).isDirectory()) return readFileSync(full, "utf8");
  return readdirSync(full)
    .map((name) => readFileSync(join(full, name), "utf8"))
    .join("\n");
}
