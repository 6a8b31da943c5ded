/** Goal: what is put off waits by its own count, which survives in the message. Method: plain values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, hasMembers, type PutOff, putOff } from "./message.ts";

const isHeader = (value: unknown): value is PutOff => hasMembers(value, { texts: [], numbers: [], optional: [] });

test("each time a message is put off it waits twice as long, counted in the message itself", () => {
  let message = { header: {}, payload: Buffer.from("event") };
  const waits: number[] = [];
  for (let refusal = 0; refusal < 12; refusal += 1) {
    const { body, delayMs } = putOff(message);
    waits.push(delayMs);
    const { header, payload } = decodeMessage(body, isHeader);
    message = { header, payload: Buffer.from(payload) };
  }
  assert.deepEqual(waits.slice(0, 4), [1000, 2000, 4000, 8000]);
  assert.equal(waits.at(-1), 5 * 60_000);
  assert.equal(message.payload.toString(), "event");
});

test("a count that is no number is refused as unreadable", () => {
  assert.equal(isHeader({ refusals: "3" }), false);
  assert.equal(isHeader({ refusals: 3 }), true);
});
