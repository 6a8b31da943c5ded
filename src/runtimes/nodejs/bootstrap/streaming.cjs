/**
 * Response streaming: the stream that a handler writes to, and the life of one streaming invocation. Bytes leave as
 * they are written; a full channel holds the writer back.
 */
"use strict";

const { Writable } = require("node:stream");
const { sendError } = require("./answer.cjs");
const { keepAlive, send, sendBytes } = require("./channel.cjs");
const { logError } = require("./console.cjs");
const { errorPayload, InvalidStreamingOperation } = require("./errors.cjs");

const STREAM_START = 21;
const STREAM_CHUNK = 22;
const STREAM_END = 23;
const DONE = 25;
const DEFAULT_CONTENT_TYPE = "application/octet-stream";
const HTTP_CONTENT_TYPE = "application/vnd.awslambda.http-integration-response";
/** Larger writes leave as several frames. */
const CHUNK_BYTES_MAX = 1024 * 1024;
const PRELUDE_END = new Uint8Array(8);
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

class ResponseStream extends Writable {
  #requestId;
  #chunkHeader;
  #contentType = DEFAULT_CONTENT_TYPE;
  #started = false;
  #writeCalled = false;
  #gathering = false;
  /** Called with a write function before the first chunk; HttpResponseStream.from sets it. */
  _onBeforeFirstWrite;

  constructor(requestId, highWaterMark) {
    super(highWaterMark === undefined ? {} : { highWaterMark });
    this.#requestId = requestId;
    this.#chunkHeader = `{"requestId":"${requestId}"}`;
  }

  get started() {
    return this.#started;
  }

  setContentType(contentType) {
    if (this.#writeCalled) throw new InvalidStreamingOperation("Cannot set content-type, too late.");
    if (!HEADER_VALUE.test(contentType)) {
      // What Node's HTTP client, which carries the response on AWS, says.
      const message = 'Invalid character in header content ["Content-Type"]';
      throw Object.assign(new TypeError(message), { code: "ERR_INVALID_CHAR" });
    }
    this.#contentType = contentType;
  }

  write(chunk, encoding, callback) {
    const data = typeof chunk === "string" || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
    this.#gather();
    if (!this.#writeCalled && typeof this._onBeforeFirstWrite === "function") {
      this._onBeforeFirstWrite((prelude) => super.write(prelude));
    }
    this.#writeCalled = true;
    return super.write(data, encoding, callback);
  }

  _write(chunk, _encoding, callback) {
    this.start();
    const rest = chunk.subarray(CHUNK_BYTES_MAX);
    const piece = rest.length === 0 ? chunk : chunk.subarray(0, CHUNK_BYTES_MAX);
    const then = rest.length === 0 ? callback : () => this._write(rest, _encoding, callback);
    sendBytes(STREAM_CHUNK, this.#chunkHeader, piece, then);
  }

  _writev(chunks, callback) {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", callback);
  }

  _final(callback) {
    this.start();
    callback();
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    send(STREAM_START, JSON.stringify({ requestId: this.#requestId, contentType: this.#contentType }), "");
  }

  /** What is written in one turn leaves together, as from AWS's runtime; a frame for each byte would cost both sides. */
  #gather() {
    if (this.#gathering) return;
    this.#gathering = true;
    this.cork();
    process.nextTick(() => {
      this.#gathering = false;
      this.uncork();
    });
  }
}

/** The handler's `awslambda.HttpResponseStream`: a prelude with status, headers and cookies before the first byte. */
const HttpResponseStream = {
  from(stream, prelude) {
    stream.setContentType(HTTP_CONTENT_TYPE);
    const preludeText = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(preludeText);
      write(PRELUDE_END);
    };
    return stream;
  },
};

/**
 * Runs one invocation. The response ends with its stream, the invocation with its handler, which may work on after that.
 * `onLoopEmpty(then)` registers what to do when nothing is pending any more.
 */
async function runStreaming(handler, header, eventText, context, onLoopEmpty) {
  const { requestId } = header;
  const stream = new ResponseStream(requestId, handler.highWaterMark);
  let answered = false;
  let over = false;
  let returned = false;
  const answer = (act) => {
    if (answered) return;
    answered = true;
    act();
  };
  const finish = () => {
    over = true;
    onLoopEmpty(undefined);
  };
  const free = () => {
    if (over) return;
    finish();
    keepAlive(true);
    send(DONE, JSON.stringify({ requestId }), "");
  };
  const fail = (error) => {
    if (over) return;
    logError("Invoke Error", error);
    // The response is out: as on AWS, its caller does not hear of it any more.
    if (answered) return free();
    answer(() => {
      finish();
      afterTheLastByte(stream, () => {
        if (!stream.started) return sendError(requestId, error);
        const payload = errorPayload(error);
        endStream({ requestId, errorType: String(payload.errorType), errorBody: JSON.stringify(payload) });
      });
    });
  };
  const ended = () =>
    answer(() => {
      if (returned && context.callbackWaitsForEmptyEventLoop !== true) {
        finish();
        endStream({ requestId });
        return;
      }
      endStream({ requestId, working: true });
      keepAlive(false);
    });
  // An open response keeps the process alive, as AWS's connection does: who never ends it runs out of time.
  keepAlive(true);
  const finished = new Promise((resolve, reject) => {
    stream.once("finish", resolve);
    stream.once("error", reject);
  });
  finished.then(ended, fail);
  onLoopEmpty(free);
  try {
    const result = handler.call(JSON.parse(eventText), stream, context);
    if (typeof result?.then !== "function") throw new Error("Streaming does not support non-async handlers.");
    if ((await result) !== undefined) console.warn("Streaming handlers ignore return values.");
    returned = true;
    await finished;
    if (context.callbackWaitsForEmptyEventLoop !== true) free();
  } catch (error) {
    fail(error);
  }
}

/** Calls `then` when all that the handler has written before it failed is on its way. */
function afterTheLastByte(stream, then) {
  if (!stream.started && stream.writableLength === 0) return then();
  if (stream.destroyed || stream.writableFinished) return then();
  stream.once("close", then);
  stream.end();
}

function endStream(header) {
  keepAlive(true);
  send(STREAM_END, JSON.stringify(header), "");
}

module.exports = { HttpResponseStream, runStreaming };
