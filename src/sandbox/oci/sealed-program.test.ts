import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { sealProgram } from "./sealed-program.ts";

describe("a sealed program", () => {
  test("runs as its file does, under its own name, and nobody can write it", () => {
    const folder = mkdtempSync(join(tmpdir(), "lambent-sealed-"));
    try {
      using sealed = sealProgram("/bin/cat", join(folder, "cat"));
      assert.equal(execFileSync(sealed.path, ["/proc/self/comm"], { encoding: "utf8" }), "cat\n");
      assert.deepEqual(readFileSync(sealed.path), readFileSync("/bin/cat"));
      const writable = openSync(sealed.path, "r+");
      try {
        assert.throws(() => writeSync(writable, "x"), { code: "EPERM" });
      } finally {
        closeSync(writable);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
