/**
 * Invocations as Node.js 24 and later runs them: the handler's value is awaited and nothing else can complete it. The
 * response leaves one turn of the event loop later, so that a rejection nobody handles ends the process first, as on AWS.
 */
import { sendError, sendResponse } from "./answer.mjs";
import { keepAlive } from "./channel.mjs";
import { logError } from "./console.mjs";
import { contextSince24 } from "./context.mjs";
import { runStreaming } from "./streaming.mjs";

/** What a streaming invocation still has to do when nothing is pending any more. */
let whenLoopIsEmpty;

export function watchProcess() {
  process.on("beforeExit", () => {
    const then = whenLoopIsEmpty;
    whenLoopIsEmpty = undefined;
    then?.();
  });
}

export function invoke(handler, header, eventText) {
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
