/**
 * Invocations as Node.js up to 22 runs them: results by promise, callback or context.done, the response held back until
 * the event loop is empty where callbackWaitsForEmptyEventLoop says so, and errors nobody caught reported before the
 * process exits with 128 or 129.
 */
"use strict";

const { sendError, sendResponse } = require("./answer.cjs");
const { keepAlive } = require("./channel.cjs");
const { logError } = require("./console.cjs");
const { contextBefore24 } = require("./context.cjs");
const { NodeJsExit, UnhandledPromiseRejection } = require("./errors.cjs");
const { runStreaming } = require("./streaming.cjs");

const UNHANDLED_REJECTION_EXIT = 128;
const UNCAUGHT_EXCEPTION_EXIT = 129;

/** What is left to do when nothing is pending any more. */
let whenLoopIsEmpty;
/** Reports an error that reached nobody: to the invocation that runs, before the first one as a failed init. */
let reportUncaught;

/** Installs the process-wide listeners. `reportInitError` is used until the first invocation. */
function watchProcess(reportInitError) {
  reportUncaught = reportInitError;
  process.on("beforeExit", () => {
    const then = whenLoopIsEmpty;
    whenLoopIsEmpty = undefined;
    then?.();
  });
  process.on("uncaughtException", (error) => {
    logError("Uncaught Exception", error);
    reportUncaught(error);
    process.exit(UNCAUGHT_EXCEPTION_EXIT);
  });
  process.on("unhandledRejection", (reason, promise) => {
    const error = Object.assign(new UnhandledPromiseRejection(String(reason)), { reason, promise });
    logError("Unhandled Promise Rejection", error);
    reportUncaught(error);
    process.exit(UNHANDLED_REJECTION_EXIT);
  });
}

function invoke(handler, header, eventText) {
  const { requestId } = header;
  reportUncaught = (error) => sendError(requestId, error);
  keepAlive(false);
  if (handler.streaming) {
    const context = contextBefore24({ callbackWaitsForEmptyEventLoop: true }, header);
    void runStreaming(handler, header, eventText, context, (then) => {
      whenLoopIsEmpty = then;
    });
    return;
  }
  const { callback, base, markCompleted } = completion(requestId);
  whenLoopIsEmpty = () => {
    markCompleted();
    if (!handler.isAsync) {
      sendResponse(requestId, null, false);
      return;
    }
    const error = new NodeJsExit(
      "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes",
    );
    logError("Invoke Error", error);
    sendError(requestId, error);
  };
  try {
    const result = handler.call(JSON.parse(eventText), contextBefore24(base, header), callback);
    if (typeof result?.then === "function") result.then(base.succeed, base.fail).catch(base.fail);
  } catch (error) {
    callback(error);
  }
}

/** The three ways to complete an invocation, of which the first one used wins. */
function completion(requestId) {
  let waits = true;
  let completed = false;
  let answered = false;

  const fail = (error) => {
    logError("Invoke Error", error);
    sendError(requestId, error);
  };
  const respond = (result) => {
    if (completed) {
      console.error(
        "Invocation has already been reported as done. Cannot call complete more than once per invocation.",
      );
      return;
    }
    completed = true;
    sendResponse(requestId, result, false);
  };
  const done = (error, result) => {
    whenLoopIsEmpty = undefined;
    if (error !== undefined && error !== null) fail(error);
    else respond(result);
  };
  const callback = (error, result) => {
    whenLoopIsEmpty = undefined;
    if (error !== undefined && error !== null) fail(error);
    else if (!waits) respond(result);
    else whenLoopIsEmpty = () => setImmediate(respond, result);
  };
  // Marked as answered only afterwards: a result that cannot be stringified throws, and may still fail the invocation.
  const firstOnly =
    (act) =>
    (...values) => {
      if (answered) return;
      act(...values);
      answered = true;
    };
  const base = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
    succeed: firstOnly((result) => done(null, result)),
    fail: firstOnly((error) => done(error ?? "handled", null)),
    done: firstOnly(done),
  };
  return {
    callback: firstOnly(callback),
    base,
    markCompleted: () => {
      completed = true;
    },
  };
}

module.exports = { watchProcess, invoke };
