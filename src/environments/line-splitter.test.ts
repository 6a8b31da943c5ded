import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_CHUNK_BYTES } from "./limits.ts";
import { LineSplitter } from "./line-splitter.ts";

function split(chunks: readonly (string | Buffer)[]): readonly string[] {
  const events: string[] = [];
  const splitter = new LineSplitter((text) => events.push(text));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.flush();
  return events;
}

test("a newline ends an event, a carriage return does not, and an empty line is an event", () => {
  assert.deepEqual(split(["one\ntwo\rstill two\n\n", "th", "ree\nrest"]), [
    "one\n",
    "two\rstill two\n",
    "\n",
    "three\n",
    "rest",
  ]);
});

test("a line without end breaks every 64 KiB, however it was written", () => {
  const line = "x".repeat(3 * LOG_CHUNK_BYTES + 5);
  const sizes = [LOG_CHUNK_BYTES, LOG_CHUNK_BYTES, LOG_CHUNK_BYTES, 5];
  assert.deepEqual(
    split([line]).map((event) => event.length),
    sizes,
  );
  const pieces = line.match(/.{1,999}/g) ?? [];
  assert.deepEqual(
    split(pieces).map((event) => event.length),
    sizes,
  );
});

test("no character is cut in two, and what is no UTF-8 is replaced", () => {
  const line = `${"x".repeat(LOG_CHUNK_BYTES - 1)}€uro\n`;
  const events = split([line]);
  assert.equal(events.join(""), line);
  assert.equal(events.length, 2);
  assert.deepEqual(split([Buffer.from([0xff, 0xfe, 0x0a])]), ["\ufffd\ufffd\n"]);
});

test("any cut of the same bytes gives the same events", () => {
  const text = Array.from({ length: 200 }, (_, index) => `line ${index} ${"ä".repeat(index)}\n`).join("");
  const bytes = Buffer.from(text);
  const whole = split([bytes]);
  for (const size of [1, 7, 64, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    assert.deepEqual(split(chunks), whole);
  }
});
