import assert from "node:assert/strict";
import { test } from "node:test";
import { CollectedBytes } from "./collected-bytes.ts";

test("what was pushed in pieces of any size comes out whole and in order", () => {
  const collected = new CollectedBytes();
  const sent: Buffer[] = [];
  for (let n = 0; n < 400; n += 1) {
    const piece = Buffer.alloc((n * 7919) % 5000, n);
    sent.push(piece);
    collected.push(n % 3 === 0 ? piece : Buffer.concat([piece, Buffer.alloc(20_000)]).subarray(0, piece.length));
  }
  const whole = Buffer.concat(sent);
  assert.equal(collected.length, whole.length);
  assert.ok(collected.take().equals(whole));
  assert.equal(collected.take().length, 0);
});

test("a body in a single piece is handed on without a copy", () => {
  const collected = new CollectedBytes();
  const piece = Buffer.from("one piece");
  collected.push(piece);
  assert.equal(collected.take().buffer, piece.buffer);
});

test("a body in a million pieces of one byte, of large buffers or their own, costs little more than its bytes", () => {
  const collected = new CollectedBytes();
  const before = memory();
  for (let block = 0; block < 1_000; block += 1) {
    const read = Buffer.alloc(65_536, block);
    for (let n = 0; n < 1_000; n += 2) {
      collected.push(read.subarray(n, n + 1));
      collected.push(new Uint8Array(1));
    }
  }
  const grownMb = (memory() - before) / 2 ** 20;
  assert.equal(collected.take().length, 1_000_000);
  assert.ok(grownMb < 40, `${grownMb} MiB for one`);
});

/** What buffers hold: views keep the whole of theirs, which only the garbage collector could tell apart. */
function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
