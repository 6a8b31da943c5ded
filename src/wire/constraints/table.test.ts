/** The tables are there for the services that are: one that nobody loads checks nothing, and nobody would see it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { loadConstraintTable } from "./table.ts";

test("every constraint table that was generated is loaded with its service", async () => {
  const models = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));
  assert.ok(models.length > 0);
  for (const model of models.map((name) => basename(name, ".json"))) {
    const table = await loadConstraintTable(model);
    assert.ok(Object.keys(table?.operations ?? {}).length > 0, model);
  }
});
