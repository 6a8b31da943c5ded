import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEvent, type EventHeader, encodeEvent } from "./event.ts";

const header: EventHeader = {
  accountId: "000000000000",
  region: "us-east-1",
  functionName: "f",
  qualifier: "live",
  requestId: "r",
  traceId: "t",
  acceptedAt: 1,
  failures: 2,
};

test("an event comes out of the queue as it went in, its payload byte for byte", () => {
  const payload = Buffer.from('{"ä":"\\u0000"}');
  const decoded = decodeEvent(encodeEvent({ header, payload }));
  assert.deepEqual(decoded.header, header);
  assert.deepEqual(Buffer.from(decoded.payload), payload);
});

test("bytes that are no event are told as such", () => {
  const sound = encodeEvent({ header, payload: Buffer.from("{}") });
  const bad = [Buffer.alloc(0), Buffer.alloc(3), Buffer.from([255, 255, 255, 255, 1]), sound.subarray(0, 20)];
  for (const bytes of bad) assert.throws(() => decodeEvent(bytes), SyntaxError);
  assert.throws(() => decodeEvent(Buffer.from([0, 0, 0, 2, 123, 125])), SyntaxError);
});
