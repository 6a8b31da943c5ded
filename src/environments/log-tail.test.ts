import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_TAIL_BYTES } from "./limits.ts";
import { LogTail } from "./log-tail.ts";

test("a short log is its own tail", () => {
  const tail = new LogTail();
  tail.write("START\n");
  tail.write("ünd END\n");
  assert.equal(tail.text(), "START\nünd END\n");
});

test("a long log is cut to its last 4 KB at a character's border", () => {
  const tail = new LogTail();
  let all = "";
  for (let index = 0; index < 5_000; index += 1) {
    tail.write(`${index} €\n`);
    all += `${index} €\n`;
  }
  const text = tail.text();
  assert.ok(Buffer.byteLength(text) <= LOG_TAIL_BYTES && Buffer.byteLength(text) > LOG_TAIL_BYTES - 4);
  assert.ok(all.endsWith(text));
  assert.ok(!text.includes("\ufffd"));
});
