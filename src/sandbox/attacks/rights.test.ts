/** Whether a forked sandbox is allowed anything that one made by an OCI runtime is not, call by call. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SandboxDriver } from "../index.ts";
import { forkedDriver } from "../testing/forked.ts";
import { runProgram, withDriver } from "./harness.ts";

const SHOWS = readFileSync(join(import.meta.dirname, "../fixtures/shows_rights.py"), "utf8");

async function rights(driver: SandboxDriver): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await runProgram(driver, ["/usr/bin/python3", "-c", SHOWS]);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

test("a forked sandbox may do, call by call, what one made by a runtime may, and nothing more", () =>
  withDriver(async (driver) => {
    const [made, forked] = await Promise.all([rights(driver), rights(forkedDriver(driver))]);
    assert.deepEqual(forked, made);
    assert.deepEqual([forked["processes"], forked["shared"], forked["writable"]], [["2"], [], ["/tmp"]]);
  }));
