/** The `awslambda` global: response streaming, and from Node.js 24 on the store of the running invocation's facts. */
"use strict";

const { HIGH_WATER_MARK, STREAMING } = require("./handler.cjs");
const { HttpResponseStream } = require("./streaming.cjs");

/** One environment runs one invocation at a time, so one object holds them all. */
class InvokeStore {
  #facts;

  begin(header) {
    this.#facts = {
      _AWS_LAMBDA_REQUEST_ID: header.requestId,
      _AWS_LAMBDA_X_RAY_TRACE_ID: header.traceId,
      _AWS_LAMBDA_TENANT_ID: header.tenantId,
    };
  }

  run(facts, callback) {
    this.#facts = facts;
    return callback();
  }

  getContext() {
    return this.#facts;
  }

  hasContext() {
    return this.#facts !== undefined;
  }

  get(key) {
    return this.#facts?.[key];
  }

  set(key, value) {
    if (String(key).startsWith("_AWS_LAMBDA_")) throw new Error(`Cannot modify protected Lambda context field: ${key}`);
    if (this.#facts !== undefined) this.#facts[key] = value;
  }

  getRequestId() {
    return this.get("_AWS_LAMBDA_REQUEST_ID") ?? "-";
  }

  getXRayTraceId() {
    return this.get("_AWS_LAMBDA_X_RAY_TRACE_ID");
  }

  getTenantId() {
    return this.get("_AWS_LAMBDA_TENANT_ID");
  }
}

/**
 * AWS starts Node.js with --expose-gc. As a flag it costs two milliseconds of every start, so `gc` appears when somebody
 * asks for it.
 */
function exposeGarbageCollection() {
  const remember = (value) =>
    Object.defineProperty(globalThis, "gc", { value, configurable: true, writable: true, enumerable: false });
  Object.defineProperty(globalThis, "gc", {
    configurable: true,
    enumerable: false,
    set: remember,
    get() {
      require("node:v8").setFlagsFromString("--expose-gc");
      const collect = require("node:vm").runInNewContext("gc");
      remember(collect);
      return collect;
    },
  });
}

/** Installs the global unless the function's variables refuse it. Returns what to call at each invocation's start. */
function installGlobals(variables, generation) {
  exposeGarbageCollection();
  const refusal = variables.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA;
  if (refusal === "1" || refusal === "true") return () => undefined;
  const streamifyResponse = (handler, options) => {
    handler[STREAMING] = "response";
    if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    return handler;
  };
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
  if (generation < 24) return () => undefined;
  const store = new InvokeStore();
  globalThis.awslambda.InvokeStore = store;
  return (header) => store.begin(header);
}

module.exports = { installGlobals };
