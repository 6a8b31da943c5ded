/** Frames of sealed code: what was written comes back, and nothing else does. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { openedCode, type SealedHeader, sealedCode } from "./sealed-code.ts";

const KEY = randomBytes(32);
const HEADER: SealedHeader = {
  keyArn: "arn:aws:kms:us-east-1:000000000000:key/one",
  wrappedKey: "d3JhcHBlZA==",
  accountId: "000000000000",
  region: "us-east-1",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  sizeBytes: 0,
};
const FRAME = 1024 * 1024 + 16;

async function* pieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}
async function whole(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of content) all.push(chunk);
  return Buffer.concat(all);
}
const seal = (content: Uint8Array): Promise<Buffer> => whole(sealedCode(pieces(content, 70_000), HEADER, KEY));
const open = async (stored: Uint8Array): Promise<Buffer> =>
  whole((await openedCode(pieces(stored, 50_000), async () => KEY)).content);

test("code of any length comes back as it was, with its header", async () => {
  for (const length of [0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024]) {
    const content = randomBytes(length);
    const stored = await seal(content);
    assert.deepEqual(await open(stored), content);
    const { header } = await openedCode(pieces(stored, 7), async () => KEY);
    assert.deepEqual(header, HEADER);
  }
});

test("code that is not sealed comes as it is, however short", async () => {
  for (const content of [Buffer.alloc(0), Buffer.from("PK"), randomBytes(100_000)]) {
    const { content: same, header } = await openedCode(pieces(content, 3000), async () => KEY);
    assert.deepEqual([await whole(same), header], [content, undefined]);
  }
});

test("frames that were changed, left out, exchanged or cut off are refused", async () => {
  const stored = await seal(randomBytes(3 * 1024 * 1024 + 5));
  const head = stored.indexOf("\n", 30) + 1;
  const frame = (index: number): Buffer => stored.subarray(head + index * FRAME, head + (index + 1) * FRAME);
  const begin = stored.subarray(0, head);
  const changed = Buffer.from(stored);
  changed[head + 10] = (changed[head + 10] ?? 0) ^ 1;
  const headed = Buffer.from(stored);
  headed[stored.indexOf("us-east-1")] = "e".charCodeAt(0);
  const bad = {
    changed,
    "another header": headed,
    "last frame left out": Buffer.concat([begin, frame(0), frame(1), frame(2)]),
    "first frame left out": Buffer.concat([begin, frame(1), frame(2), frame(3)]),
    exchanged: Buffer.concat([begin, frame(1), frame(0), frame(2), frame(3)]),
    "cut in the middle": stored.subarray(0, stored.length - 3),
    "only its header": begin,
    "something more": Buffer.concat([stored, Buffer.from("x")]),
  };
  for (const [how, bytes] of Object.entries(bad)) await assert.rejects(open(bytes), Error, how);
});
