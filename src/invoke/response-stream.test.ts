import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseStream } from "./response-stream.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

test("a write resolves only when its chunk has been taken", async () => {
  const stream = new ResponseStream();
  stream.start("text/plain");
  assert.equal(await stream.started, "text/plain");
  let written = false;
  const writing = stream.write(bytes("a")).then(() => {
    written = true;
  });
  await new Promise(setImmediate);
  assert.equal(written, false);
  const chunks = stream.chunks();
  assert.equal(Buffer.from((await chunks.next()).value ?? []).toString(), "a");
  const ending = chunks.next();
  await writing;
  stream.end();
  assert.equal((await ending).done, true);
});

test("chunks written before the end are still read after it", async () => {
  const stream = new ResponseStream();
  const writing = stream.write(bytes("late"));
  stream.end();
  let text = "";
  for await (const chunk of stream.chunks()) text += Buffer.from(chunk).toString();
  await writing;
  assert.equal(text, "late");
  assert.equal(await stream.started, undefined);
});

test("a caller that leaves lets the function write on into the void", async () => {
  const stream = new ResponseStream();
  const first = stream.write(bytes("a"));
  const second = stream.write(bytes("b"));
  for await (const _chunk of stream.chunks()) break;
  await Promise.all([first, second, stream.write(bytes("c"))]);
});

test("a caller that leaves before it reads, or between two chunks, holds nobody up", async () => {
  const unread = new ResponseStream();
  const early = unread.write(bytes("a"));
  unread.abandon();
  await Promise.all([early, unread.write(bytes("b"))]);
  assert.equal((await unread.chunks().next()).done, true);

  const idle = new ResponseStream();
  const reading = idle.chunks().next();
  idle.abandon();
  assert.equal((await reading).done, true);
  await idle.write(bytes("c"));
});
