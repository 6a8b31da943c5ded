/**
 * Finds and loads the function's handler by AWS's rules, which changed with Node.js 24: before, `.js` files of CommonJS
 * packages were required and tried first; since, everything is imported and Node's own package rules decide.
 */
"use strict";

const { existsSync, readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { basename, dirname, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const {
  CallbackHandlerDeprecated,
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  MalformedStreamingHandler,
  UserCodeSyntaxError,
} = require("./errors.cjs");

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

/** As if required from AWS's own runtime: error messages name this file, and NODE_PATH applies. */
const requireAsAws = createRequire("/var/runtime/index.mjs");

/** Resolves to {call, streaming, highWaterMark, isAsync}. `generation` is the major version whose rules apply. */
async function loadHandler(taskRoot, name, generation) {
  const modern = generation >= 24;
  const { folder, moduleName, exportPath } = splitHandlerName(name);
  const module = await loadModule(taskRoot, folder, moduleName, modern);
  const call = findExport(module, exportPath) ?? (modern ? findExport(module.default, exportPath) : undefined);
  if (!call) throw new HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof call !== "function") throw new HandlerNotFound(`${name} is not a function`);
  const streaming = isStreaming(call);
  if (modern && call.length >= 3 && !streaming) {
    throw new CallbackHandlerDeprecated(
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    );
  }
  return {
    call,
    streaming,
    highWaterMark: Number.parseInt(call[HIGH_WATER_MARK], 10) || undefined,
    isAsync: call.constructor?.name === "AsyncFunction",
  };
}

function splitHandlerName(name) {
  if (name.includes("..")) {
    throw new MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const file = basename(name);
  const dot = file.indexOf(".");
  if (dot < 0) throw new MalformedHandlerName("Bad handler");
  return {
    folder: name.slice(0, name.lastIndexOf(file)),
    moduleName: file.slice(0, dot),
    exportPath: file.slice(dot + 1).split("."),
  };
}

async function loadModule(taskRoot, folder, moduleName, modern) {
  const path = resolve(taskRoot, folder, moduleName);
  try {
    const loaded = await (modern ? importFile(path) : loadFileBefore24(path));
    if (loaded) return loaded;
    const lookIn = modern ? [taskRoot, join(taskRoot, folder)] : [taskRoot, folder];
    return requireAsAws(requireAsAws.resolve(moduleName, { paths: lookIn }));
  } catch (error) {
    if (error instanceof SyntaxError) {
      const wrapped = new UserCodeSyntaxError(String(error));
      if (modern) wrapped.stack = error.stack;
      throw wrapped;
    }
    if (error?.code === "MODULE_NOT_FOUND") throw new ImportModuleError(String(error));
    throw error;
  }
}

async function importFile(path) {
  for (const extension of ["", ".js", ".mjs", ".cjs"]) {
    if (existsSync(path + extension)) return import(pathToFileURL(path + extension).href);
  }
  return undefined;
}

async function loadFileBefore24(path) {
  const esModules = isInsideModulePackage(dirname(path));
  if (existsSync(path)) return requireAsAws(path);
  if (existsSync(`${path}.js`)) {
    return esModules ? import(pathToFileURL(`${path}.js`).href) : requireAsAws(`${path}.js`);
  }
  if (existsSync(`${path}.mjs`)) return import(pathToFileURL(`${path}.mjs`).href);
  if (existsSync(`${path}.cjs`)) return requireAsAws(`${path}.cjs`);
  return undefined;
}

/** True when the nearest package.json, not crossing a node_modules folder, says `"type": "module"`. */
function isInsideModulePackage(folder) {
  for (let current = folder; !current.endsWith("/node_modules"); current = dirname(current)) {
    const file = join(current, "package.json");
    if (existsSync(file)) {
      try {
        return JSON.parse(readFileSync(file, "utf8"))?.type === "module";
      } catch (error) {
        console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (current === dirname(current)) return false;
  }
  return false;
}

function findExport(module, path) {
  return path.reduce((value, key) => value?.[key], module);
}

function isStreaming(call) {
  const mode = call[STREAMING];
  if (mode === undefined || mode === null || mode === false) return false;
  if (mode === "response") return true;
  throw new MalformedStreamingHandler("Only response streaming is supported.");
}

module.exports = { STREAMING, HIGH_WATER_MARK, loadHandler };
