/**
 * Makes `import` look where `require` looks: in the node_modules folders of NODE_PATH (layers, the SDK that comes with
 * the runtime). Node itself ignores NODE_PATH for ES modules; AWS's runtimes honour it since Node.js 18.
 */
import module from "node:module";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Applies NODE_PATH as it stands in process.env now, for require and for import. */
export function applyNodePath() {
  module.Module._initPaths();
  const parents = (process.env.NODE_PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder.endsWith("/node_modules"))
    .map((folder) => pathToFileURL(join(dirname(folder), "import.mjs")).href);
  if (parents.length === 0) return;
  if (typeof module.registerHooks === "function") module.registerHooks({ resolve: resolverFor(parents) });
  else if (typeof module.register === "function") {
    // Older versions run hooks on a thread of their own, which gets the folders as data.
    module.register(new URL("./module-paths-thread.mjs", import.meta.url).href, { data: parents });
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
