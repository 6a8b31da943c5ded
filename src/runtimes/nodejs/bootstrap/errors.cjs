/**
 * Errors as AWS shows them: the payload that the caller gets, the text that stands in the log, and the error types that
 * only the runtime itself throws.
 */
"use strict";

/** Sets the name on the prototype before any instance exists, so that stacks begin with it. */
function runtimeError(name) {
  const type = class extends Error {};
  type.prototype.name = `Runtime.${name}`;
  return type;
}

const ImportModuleError = runtimeError("ImportModuleError");
const UserCodeSyntaxError = runtimeError("UserCodeSyntaxError");
const HandlerNotFound = runtimeError("HandlerNotFound");
const MalformedHandlerName = runtimeError("MalformedHandlerName");
const MalformedStreamingHandler = runtimeError("MalformedStreamingHandler");
const InvalidStreamingOperation = runtimeError("InvalidStreamingOperation");
const CallbackHandlerDeprecated = runtimeError("CallbackHandlerDeprecated");
const JSONStringifyError = runtimeError("JSONStringifyError");
const PlatformError = runtimeError("PlatformError");
const UnhandledPromiseRejection = runtimeError("UnhandledPromiseRejection");
const NodeJsExit = runtimeError("NodeJsExit");

/** The error JSON of an invocation or initialisation, as an object with AWS's members in AWS's order. */
function errorPayload(error) {
  try {
    if (isError(error)) {
      return {
        errorType: withoutDelete(error.name),
        errorMessage: withoutDelete(error.message),
        trace: typeof error.stack === "string" ? withoutDelete(error.stack).split("\n") : [],
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    // A getter or toString of the user's own error threw; AWS answers with this sentence.
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
      trace: [],
    };
  }
}

/** A tab and the error's JSON with its own enumerable members, as it follows `Invoke Error ` in the log. */
function errorLogText(error) {
  try {
    return `\t${JSON.stringify(error, (_key, value) => (value instanceof Error ? errorMembers(value) : value))}`;
  } catch {
    return `\t${JSON.stringify(errorPayload(error))}`;
  }
}

function asError(thrown) {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function errorMembers(error) {
  const members = { errorType: error.name, errorMessage: error.message, code: error.code, ...error };
  if (typeof error.stack === "string") members.stack = error.stack.split("\n");
  return members;
}

/** True for Error objects of any realm (a handler may run code in its own vm context). */
function isError(value) {
  if (value instanceof Error) return true;
  return (
    typeof value === "object" && value !== null && isText(value.name) && isText(value.message) && isText(value.stack)
  );
}

function isText(value) {
  return typeof value === "string" && value !== "";
}

/** Error types travel in HTTP headers on AWS, which cannot hold the DEL character. */
function withoutDelete(text) {
  return typeof text === "string" ? text.split("\x7F").join("%7F") : text;
}

module.exports = {
  ImportModuleError,
  UserCodeSyntaxError,
  HandlerNotFound,
  MalformedHandlerName,
  MalformedStreamingHandler,
  InvalidStreamingOperation,
  CallbackHandlerDeprecated,
  JSONStringifyError,
  PlatformError,
  UnhandledPromiseRejection,
  NodeJsExit,
  errorPayload,
  errorLogText,
  asError,
};
