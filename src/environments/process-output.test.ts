import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { systemClock } from "../base/index.ts";
import { FunctionLog } from "./function-log.ts";
import { OUTPUT_BYTES_PER_WINDOW, OUTPUT_END_WAIT_MS } from "./limits.ts";
import { ProcessOutput } from "./process-output.ts";
import { versionOf } from "./testing/house.ts";

function outputOf(stream: PassThrough): { readonly output: ProcessOutput; readonly events: string[] } {
  const events: string[] = [];
  const sink = { write: (message: string) => void events.push(message), close: () => undefined };
  const log = new FunctionLog(sink, versionOf("f"), systemClock);
  return { output: new ProcessOutput([stream], log, systemClock), events };
}

test("draining hears all that was written before, and ends a line that has no end", async () => {
  const stream = new PassThrough();
  const { output, events } = outputOf(stream);
  stream.write("one\ntwo\nthr");
  stream.write("ee");
  await output.drain();
  assert.deepEqual(events, ["one\n", "two\n", "three"]);
});

test("a flood waits for its next window instead of taking the whole server, and draining waits with it", async () => {
  const stream = new PassThrough({ highWaterMark: 2 * OUTPUT_BYTES_PER_WINDOW });
  const { output, events } = outputOf(stream);
  const chunk = Buffer.from("y".repeat(65_535).concat("\n"));
  const chunks = Math.ceil((1.5 * OUTPUT_BYTES_PER_WINDOW) / chunk.length);
  for (let index = 0; index < chunks; index += 1) stream.write(chunk);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(stream.isPaused(), true);
  assert.ok(events.length < chunks);
  await output.drain();
  assert.equal(events.length, chunks);
});

test("small events cost more than their bytes, so a flood of them is slowed too", async () => {
  const stream = new PassThrough();
  const { events } = outputOf(stream);
  stream.write(Buffer.alloc(65_536, "\n"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(events.length, 65_536);
  assert.equal(stream.isPaused(), true);
});

test("a pipe that somebody keeps open does not hold up the end", async () => {
  const stream = new PassThrough();
  const { output, events } = outputOf(stream);
  stream.write("last");
  const began = performance.now();
  await output.end();
  assert.ok(performance.now() - began < OUTPUT_END_WAIT_MS + 500);
  assert.deepEqual(events, ["last"]);
});
