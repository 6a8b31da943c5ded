/**
 * Makes `import` look where `require` looks: in the node_modules folders of NODE_PATH (layers, the SDK that comes with
 * the runtime). Node itself ignores NODE_PATH for ES modules; AWS's runtimes honour it since Node.js 18.
 */
"use strict";

const nodeModule = require("node:module");
const { delimiter, dirname, join } = require("node:path");
const { pathToFileURL } = require("node:url");

/** Applies NODE_PATH as it stands in process.env now, for require and for import. */
function applyNodePath() {
  nodeModule.Module._initPaths();
  const parents = (process.env.NODE_PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder.endsWith("/node_modules"))
    .map((folder) => pathToFileURL(join(dirname(folder), "import.mjs")).href);
  if (parents.length === 0) return;
  if (typeof nodeModule.registerHooks === "function") nodeModule.registerHooks({ resolve: resolverFor(parents) });
  else if (typeof nodeModule.register === "function") {
    // Older versions run hooks on a thread of their own, which gets the folders as data.
    nodeModule.register(pathToFileURL(join(__dirname, "module-paths-thread.mjs")).href, { data: parents });
  }
}

function resolverFor(parents) {
  return (specifier, context, next) => {
    try {
      return next(specifier, context);
    } catch (error) {
      if (error?.code !== "ERR_MODULE_NOT_FOUND" || !isBare(specifier)) throw error;
      for (const parentURL of parents) {
        try {
          return next(specifier, { ...context, parentURL });
        } catch (other) {
          if (other?.code !== "ERR_MODULE_NOT_FOUND") throw other;
        }
      }
      throw error;
    }
  };
}

function isBare(specifier) {
  return !/^(\.{0,2}\/|[a-z][a-z0-9+.-]*:|#)/i.test(specifier);
}

module.exports = { applyNodePath };
