/** The frames that end an invocation. Sending one makes the environment free again. */
"use strict";

const { keepAlive, send } = require("./channel.cjs");
const { errorPayload, JSONStringifyError } = require("./errors.cjs");

const RESPONSE = 19;
const ERROR = 20;

/** Throws, and sends nothing, when JSON cannot hold `value`. */
function sendResponse(requestId, value, modern) {
  const body = stringify(value === undefined ? null : value, modern);
  keepAlive(true);
  send(RESPONSE, `{"requestId":"${requestId}"}`, body);
}

function sendError(requestId, error) {
  const payload = errorPayload(error);
  keepAlive(true);
  send(ERROR, JSON.stringify({ requestId, errorType: String(payload.errorType) }), JSON.stringify(payload));
}

/** A function or symbol has no JSON at all: the body is empty then, as on AWS. */
function stringify(value, modern) {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    // A cycle or a BigInt; AWS says only this, whatever the cause.
    const message = "Unable to stringify response body";
    throw modern ? new JSONStringifyError(message) : new Error(message);
  }
}

module.exports = { sendResponse, sendError };
