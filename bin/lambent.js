#!/usr/bin/env node
/**
 * The `lambent` command. Finds Node 26 (this process when it is new enough, else the binary that came with the package)
 * and runs the command line with it: dist/ in the published package, src/ in the repository. Plain JavaScript for Node 20.
 * The compile cache is named by a call and not by a variable, which commands run by `lambent exec` would inherit.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src/cli/main.ts");
const main = existsSync(source) ? source : join(root, "dist/cli/main.js");
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 26 || (major === 26 && minor >= 10)) await runHere();
else runWith(packagedNode());

/** No second process: Node's own notices about new features are held back as the flag would do. */
async function runHere() {
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? compileCache());
  const emit = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === "string" ? rest[0] : rest[0]?.type;
    if (type !== "ExperimentalWarning") emit.call(process, warning, ...rest);
  };
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
}

function runWith(node) {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", self, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => fail(`${node} does not start: ${error.message}`));
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function packagedNode() {
  const require = nodeModule.createRequire(import.meta.url);
  for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), "bin", "node");
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return fail(
    `Lambent needs Node 26.10 or later; this is ${process.version}, and no packaged Node 26 is installed for ${process.platform} on ${process.arch}.\n` +
      "Install Node 26, or install lambent again without --omit=optional.",
  );
}

function compileCache() {
  const home = process.env.XDG_CACHE_HOME ?? (process.env.HOME ? join(process.env.HOME, ".cache") : undefined);
  return home === undefined ? join(root, ".cache/compile") : join(home, "lambent/compile");
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
