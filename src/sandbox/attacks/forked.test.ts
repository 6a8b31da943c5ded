/** The attacks again, against sandboxes that are forked from a template instead of made by an OCI runtime. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { FORKED } from "./harness.ts";

const run = promisify(execFile);

async function attack(file: string): Promise<string> {
  const args = ["--test", "--test-reporter=tap", join(import.meta.dirname, file)];
  const env = { PATH: process.env["PATH"], [FORKED]: "1" };
  return (await run(process.execPath, args, { env })).stdout;
}

test("escapes fail in forked sandboxes as in others", async () => {
  assert.match(await attack("escape.test.ts"), /^# fail 0$/m);
});

test("limits of memory, processes, descriptors and /tmp hold in forked sandboxes", async () => {
  assert.match(await attack("exhaustion.test.ts"), /^# fail 0$/m);
});

test("forked sandboxes reach other machines, but not each other or the host", async () => {
  assert.match(await attack("network.test.ts"), /^# fail 0$/m);
});
