/**
 * Lambent's bootstrap for Node.js: the first process of a sandbox. It starts before anybody knows whose function it will
 * run, says so on the channel, and waits. INIT then gives it its environment and handler, each INVOKE one event.
 * Plain JavaScript for Node.js 16 to 26, without dependencies; it knows AWS's programming model and nothing of the host.
 * CommonJS, because as ES modules these files take 7 ms longer to load.
 */
"use strict";

const { keepAlive, openChannel, send } = require("./channel.cjs");
const { logError, patchConsole, setLogContext } = require("./console.cjs");
const { errorPayload } = require("./errors.cjs");
const { installGlobals } = require("./globals.cjs");
const { loadHandler } = require("./handler.cjs");
const before24 = require("./invoke-before-24.cjs");
const since24 = require("./invoke-since-24.cjs");
const { applyNodePath } = require("./module-paths.cjs");

const INIT = 1;
const INVOKE = 2;
const WAITING = 16;
const INIT_DONE = 17;
const INIT_ERROR = 18;
const INIT_FAILED_EXIT = 1;
/** Node's own exit code for a module whose top-level await can never end. */
const UNSETTLED_EXIT = 13;

let handler;
let programmingModel;
let beginInvocation;

openChannel((type, header, body) => {
  if (type === INVOKE) invoke(header, body.toString("utf8"));
  else if (type === INIT) void initialise(header);
});
send(WAITING, "{}", "");
// Most functions are ES modules; what Node.js needs for its first one, whichever, is loaded while nobody waits for it.
void import("./module-paths-thread.mjs");

async function initialise({ handler: configured, taskRoot, variables: given }) {
  if (given !== undefined) {
    // The sandbox sets it; functions on AWS have none.
    delete process.env.HOME;
    Object.assign(process.env, given);
  }
  const variables = process.env;
  // A wrapper may have named another.
  const name = variables._HANDLER ?? configured;
  process.chdir(taskRoot);
  const generation = programmingModelOf(variables);
  programmingModel = generation >= 24 ? since24 : before24;
  patchConsole(variables, generation >= 24 ? "-" : "undefined");
  programmingModel.watchProcess(sendInitError);
  beginInvocation = installGlobals(variables, generation);
  applyNodePath();
  const modern = generation >= 24;
  // While the handler loads, only its own work keeps the process alive, as on AWS.
  const unsettled = () => process.exit(modern ? 0 : UNSETTLED_EXIT);
  process.once("beforeExit", unsettled);
  keepAlive(false);
  try {
    handler = await loadHandler(taskRoot, name, generation);
  } catch (error) {
    logError(modern ? "Init Error" : "Uncaught Exception", error);
    sendInitError(error);
    process.exit(INIT_FAILED_EXIT);
  }
  process.off("beforeExit", unsettled);
  keepAlive(true);
  send(INIT_DONE, "{}", "");
}

function invoke(header, eventText) {
  if (header.traceId) process.env._X_AMZN_TRACE_ID = header.traceId;
  else delete process.env._X_AMZN_TRACE_ID;
  setLogContext(header.requestId, header.tenantId);
  beginInvocation(header);
  programmingModel.invoke(handler, header, eventText);
}

function sendInitError(error) {
  const payload = errorPayload(error);
  send(INIT_ERROR, JSON.stringify({ errorType: String(payload.errorType) }), JSON.stringify(payload));
}

/** The runtime that was asked for decides, even where another version of Node.js stands in for it. */
function programmingModelOf(variables) {
  const asked = /^AWS_Lambda_nodejs(\d+)\.x$/.exec(variables.AWS_EXECUTION_ENV ?? "");
  return Number(asked?.[1] ?? process.versions.node.split(".")[0]);
}
