import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeFrame, type Frame, FrameError, FrameReader } from "./frame-codec.ts";
import { FrameType, MAX_FRAME_BYTES } from "./frames.ts";
import { readRuntimeMessage } from "./runtime-message.ts";

const SEED = Number(process.env["FRAMES_SEED"] ?? 4566);

const frames = fc.array(
  fc.record({
    type: fc.constantFrom(...Object.values(FrameType)),
    header: fc.dictionary(fc.string(), fc.jsonValue()),
    body: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 8 },
);

function read(chunks: readonly Buffer[]): Frame[] {
  const reader = new FrameReader();
  const read: Frame[] = [];
  for (const chunk of chunks) reader.push(chunk, (frame) => read.push(frame));
  return read;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks = [];
  let position = 0;
  for (let i = 0; position < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(position, position + size));
    position += size;
  }
  return chunks;
}

// Goal: whatever the cuts between chunks, what was encoded is what is read. Method: random frames, random cuts, a fixed seed.
test("no two kinds of frames share a number", () => {
  const numbers = Object.values(FrameType);
  assert.equal(new Set(numbers).size, numbers.length);
});

test("frames survive any cutting into chunks", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  fc.assert(
    fc.property(frames, sizes, (sent, cuts) => {
      const bytes = Buffer.concat(sent.flatMap(({ type, header, body }) => encodeFrame(type, header, body)));
      const received = read(cut(bytes, cuts)).map(({ type, header, body }) => ({ type, header, body: [...body] }));
      const expected = sent.map(({ type, header, body }) => ({
        type,
        header: JSON.parse(JSON.stringify(header)),
        body: [...body],
      }));
      assert.deepEqual(received, expected);
    }),
    { seed: SEED },
  );
});

test("any bytes at all give frames, a wait for more, or a FrameError", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      try {
        for (const frame of read(chunks.map((chunk) => Buffer.from(chunk)))) readRuntimeMessage(frame);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("a broken frame from a valid one by changing one byte never gets past as something else than an error", () => {
  const [valid = Buffer.alloc(0)] = encodeFrame(FrameType.error, { requestId: "r", errorType: "E" }, Buffer.from("{}"));
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(valid);
      broken[at] = byte;
      try {
        for (const frame of read([broken])) readRuntimeMessage(frame);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("a length beyond the limit is refused before its bytes arrive", () => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(MAX_FRAME_BYTES + 1);
  assert.throws(() => read([length]), FrameError);
  length.writeUInt32BE(4);
  assert.throws(() => read([length]), FrameError);
});

test("a body within one chunk is a view of it, not a copy", () => {
  const [bytes = Buffer.alloc(0)] = encodeFrame(FrameType.response, { requestId: "r" }, Buffer.from("body"));
  assert.equal(read([bytes])[0]?.body.buffer, bytes.buffer);
});

test("a large body is not copied when encoded, a small one shares its header's buffer", () => {
  const large = Buffer.alloc(1024 * 1024, 1);
  const [, body] = encodeFrame(FrameType.invoke, {}, large);
  assert.equal(body?.buffer, large.buffer);
  assert.equal(encodeFrame(FrameType.invoke, {}, Buffer.from("x")).length, 1);
});
