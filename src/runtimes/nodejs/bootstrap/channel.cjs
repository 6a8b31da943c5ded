/**
 * The bootstrap's end of the framed channel (the format stands in frames.ts). Reading goes through the event loop, so
 * that timers and signals keep working while the environment is idle; writing is synchronous, so that a response costs
 * one system call and nothing is lost when the process exits right after.
 */
"use strict";

const { writeSync } = require("node:fs");
const { Socket } = require("node:net");

const CHANNEL_FD = 3;
const PREFIX_BYTES = 9;
/** Frames up to this size are written from, and read into, memory that is allocated once. */
const BUFFER_BYTES = 64 * 1024;
/** More than the host takes, less than ends the environment: the host must see that a limit was exceeded. */
const BODY_BYTES_MAX = 7 * 1024 * 1024;
/** How long one look at a full channel waits before the next, at most. */
const FULL_WAIT_MS = 1;

const outgoing = Buffer.allocUnsafeSlow(BUFFER_BYTES);
const sleepCell = new Int32Array(new SharedArrayBuffer(4));
/** Frames that were handed to the socket because the channel was full while streaming; later ones must queue behind. */
let queued = 0;
let socket;
let receive;

/** Starts reading. `onFrame(type, header, body)` gets a view of memory that is reused after it returns. */
function openChannel(onFrame) {
  receive = onFrame;
  socket = new Socket({
    fd: CHANNEL_FD,
    readable: true,
    writable: true,
    allowHalfOpen: true,
    onread: { buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES), callback: readChunk },
  });
  socket.on("error", hostIsGone);
  socket.on("end", hostIsGone);
  socket.resume();
}

/** Lets an open channel keep the process alive (idle) or not (while a handler runs). */
function keepAlive(yes) {
  if (yes) socket.ref();
  else socket.unref();
}

/** Writes one frame whose body is text. */
function send(type, headerText, bodyText) {
  if (queued > 0) {
    enqueue(encode(type, headerText, bodyOf(bodyText)));
    return;
  }
  // Three bytes per UTF-16 unit is UTF-8's worst case: what is sure to fit needs no second look at its length.
  if ((headerText.length + bodyText.length) * 3 + PREFIX_BYTES > BUFFER_BYTES) {
    writeAll(encode(type, headerText, bodyOf(bodyText)));
    return;
  }
  const headerBytes = outgoing.write(headerText, PREFIX_BYTES);
  const bodyBytes = bodyText === "" ? 0 : outgoing.write(bodyText, PREFIX_BYTES + headerBytes);
  putPrefix(outgoing, type, headerBytes, bodyBytes);
  writeAll(outgoing, PREFIX_BYTES + headerBytes + bodyBytes);
}

/** Writes one frame of bytes and calls `done` when more may follow: immediately, or once a full channel has drained. */
function sendBytes(type, headerText, body, done) {
  const frame = encode(type, headerText, body);
  let written = 0;
  if (queued === 0) {
    try {
      written = writeSync(CHANNEL_FD, frame);
    } catch (error) {
      if (error.code !== "EAGAIN") hostIsGone();
    }
  }
  if (written === frame.length) done();
  else enqueue(frame.subarray(written), done);
}

function bodyOf(text) {
  return Buffer.from(text).subarray(0, BODY_BYTES_MAX);
}

function enqueue(bytes, done) {
  queued += 1;
  socket.write(bytes, () => {
    queued -= 1;
    if (done !== undefined) done();
  });
}

function encode(type, headerText, body) {
  const headerBytes = Buffer.byteLength(headerText);
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes + body.length);
  putPrefix(frame, type, headerBytes, body.length);
  frame.write(headerText, PREFIX_BYTES);
  frame.set(body, PREFIX_BYTES + headerBytes);
  return frame;
}

function putPrefix(frame, type, headerBytes, bodyBytes) {
  frame.writeUInt32BE(5 + headerBytes + bodyBytes, 0);
  frame[4] = type;
  frame.writeUInt32BE(headerBytes, 5);
}

function writeAll(frame, length = frame.length) {
  let written = 0;
  while (written < length) {
    try {
      written += writeSync(CHANNEL_FD, frame, written, length - written);
    } catch (error) {
      if (error.code !== "EAGAIN") hostIsGone();
      Atomics.wait(sleepCell, 0, 0, FULL_WAIT_MS);
    }
  }
}

/** Nobody is left to work for. */
function hostIsGone() {
  process.exit(1);
}

let partial;
let partialFilled = 0;

function readChunk(byteCount, buffer) {
  let position = 0;
  while (position < byteCount) {
    if (partial === undefined) {
      const available = byteCount - position;
      const length = available < 4 ? Number.POSITIVE_INFINITY : buffer.readUInt32BE(position);
      if (available - 4 >= length) {
        deliver(buffer, position + 4, length);
        position += 4 + length;
        continue;
      }
      partial = Buffer.allocUnsafe(available < 4 ? 4 : 4 + length);
      partialFilled = 0;
    }
    const copied = buffer.copy(partial, partialFilled, position, byteCount);
    position += copied;
    partialFilled += copied;
    if (partialFilled < partial.length) break;
    const complete = partial;
    if (complete.length === 4) {
      partial = Buffer.allocUnsafe(4 + complete.readUInt32BE(0));
      complete.copy(partial);
    } else {
      partial = undefined;
      deliver(complete, 4, complete.length - 4);
    }
  }
  return true;
}

function deliver(buffer, start, length) {
  const headerEnd = start + 5 + buffer.readUInt32BE(start + 1);
  const header = JSON.parse(buffer.toString("utf8", start + 5, headerEnd));
  receive(buffer[start], header, buffer.subarray(headerEnd, start + length));
}

module.exports = { openChannel, keepAlive, send, sendBytes };
