/**
 * Replaces console.* so that every call becomes one log event with AWS's prefix (text) or members (JSON), filtered at
 * the source by AWS_LAMBDA_LOG_LEVEL. process.stdout.write stays what it is.
 */
"use strict";

const { format } = require("node:util");
const { send } = require("./channel.cjs");
const { asError, errorLogText } = require("./errors.cjs");

const LOG = 24;
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

let requestId;
let tenantId;
let writesJson = false;

/** The invocation that log lines belong to from now on. */
function setLogContext(id, tenant) {
  requestId = id;
  tenantId = tenant;
}

/** Installs the replacements. `beforeFirst` stands for the request id until the first invocation. */
function patchConsole(variables, beforeFirst) {
  requestId = beforeFirst;
  writesJson = String(variables.AWS_LAMBDA_LOG_FORMAT).toUpperCase() === "JSON";
  const write = writesJson ? writeJson : writeText;
  const lowest = Math.max(0, LEVELS.indexOf(String(variables.AWS_LAMBDA_LOG_LEVEL).toUpperCase()));
  const at = (level) => (LEVELS.indexOf(level) >= lowest ? (...values) => write(level, values) : () => undefined);
  console.trace = at("TRACE");
  console.debug = at("DEBUG");
  console.info = at("INFO");
  console.log = console.info;
  console.warn = at("WARN");
  console.error = at("ERROR");
  console.fatal = at("FATAL");
}

/** Logs an error that the runtime caught, for example with `title` "Invoke Error". */
function logError(title, thrown) {
  if (writesJson) console.error(asError(thrown));
  else console.error(title, errorLogText(asError(thrown)));
}

function writeText(level, values) {
  const now = new Date();
  // AWS formats the first argument even when there is none: console.log() prints "undefined".
  const message = values.length === 0 ? "undefined" : format(...values);
  send(
    LOG,
    `{"timeMs":${now.getTime()},"level":"${level}"}`,
    `${now.toISOString()}\t${requestId}\t${level}\t${message}`,
  );
}

function writeJson(level, values) {
  const now = new Date();
  send(LOG, `{"timeMs":${now.getTime()},"level":"${level}","json":true}`, jsonLine(level, now, values));
}

function jsonLine(level, now, values) {
  const line = { timestamp: now.toISOString(), level, requestId };
  if (tenantId) line.tenantId = tenantId;
  if (values.length <= 1) {
    line.message = values[0];
    try {
      return JSON.stringify(line, (_key, value) => (value instanceof Error ? errorFields(value) : value));
    } catch {
      // Circular or BigInt: what JSON cannot hold is shown as util.format shows it.
      line.message = format(values[0]);
      return JSON.stringify(line);
    }
  }
  line.message = format(...values);
  const error = values.find((value) => value instanceof Error);
  if (error !== undefined) Object.assign(line, { ...errorFields(error) });
  return JSON.stringify(line);
}

function errorFields(error) {
  return {
    errorType: error.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : [],
    ...error,
  };
}

module.exports = { setLogContext, patchConsole, logError };
