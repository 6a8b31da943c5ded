/**
 * Invocations as Node.js 24 and later runs them: the handler's value is awaited and nothing else can complete it. The
 * response leaves one turn of the event loop later, so that a rejection nobody handles ends the process first, as on AWS.
 */
"use strict";

const { sendError, sendResponse } = require("./answer.cjs");
const { keepAlive } = require("./channel.cjs");
const { logError } = require("./console.cjs");
const { contextSince24 } = require("./context.cjs");
const { runStreaming } = require("./streaming.cjs");

/** What a streaming invocation still has to do when nothing is pending any more. */
let whenLoopIsEmpty;

function watchProcess() {
  process.on("beforeExit", () => {
    const then = whenLoopIsEmpty;
    whenLoopIsEmpty = undefined;
    then?.();
  });
}

function invoke(handler, header, eventText) {
  keepAlive(false);
  if (handler.streaming) {
    void runStreaming(handler, header, eventText, contextSince24(header), (then) => {
      whenLoopIsEmpty = then;
    });
    return;
  }
  void run(handler, header, eventText);
}

async function run(handler, header, eventText) {
  try {
    setImmediate(succeed, header.requestId, await handler.call(JSON.parse(eventText), contextSince24(header)));
  } catch (error) {
    setImmediate(fail, header.requestId, error);
  }
}

function succeed(requestId, value) {
  try {
    sendResponse(requestId, value, true);
  } catch (error) {
    fail(requestId, error);
  }
}

function fail(requestId, error) {
  logError("Invoke Error", error);
  sendError(requestId, error);
}

module.exports = { watchProcess, invoke };
