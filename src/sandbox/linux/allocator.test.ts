import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { liveBufferBytes } from "../../base/testing/live-memory.ts";
import { trimAllocator } from "./allocator.ts";

const MIB = 2 ** 20;
/** Below the size from which the allocator asks the system for each block, and gives it back, by itself. */
const BLOCK = 64 * 1024;

test("memory that was freed between blocks in use goes back to the system", async () => {
  const before = process.memoryUsage().arrayBuffers;
  let blocks = Array.from({ length: 2000 }, () => Buffer.allocUnsafeSlow(BLOCK).fill(1));
  const held = blocks.filter((_, index) => index % 20 === 0);
  blocks = [];
  await liveBufferBytes(before + held.length * BLOCK + MIB);
  const kept = resident();
  trimAllocator();
  assert.ok(resident() < kept - 20 * MIB, `${kept / MIB} MiB became ${resident() / MIB} MiB`);
  assert.equal(held[0]?.[0], 1);
});

function resident(): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}
