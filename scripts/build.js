/**
 * `npm run build` (and before `npm pack`): makes dist/ from src/, because Node does not strip types inside node_modules.
 * TypeScript becomes JavaScript file by file with the same names; everything else that code reads beside itself
 * (bootstraps, tables) is copied. With `--check` it builds into a temporary folder and looks at what would be published.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { ensure, node26, root, run, tool } from "./ensure.js";

await ensure({ system: false });
const checkOnly = process.argv.includes("--check");
const target = checkOnly ? mkdtempSync(join(tmpdir(), "lambent-build-")) : join(root, "dist");
try {
  process.exitCode = await build();
  if (checkOnly && process.exitCode === 0) process.exitCode = checkLeftovers();
} finally {
  if (checkOnly) rmSync(target, { recursive: true, force: true });
}

async function build() {
  rmSync(target, { recursive: true, force: true });
  const code = await run(node26(), [tool("typescript/bin/tsc"), "-p", "tsconfig.build.json", "--outDir", target]);
  if (code !== 0) return code;
  for (const file of filesIn(join(root, "src")).map((path) => relative(join(root, "src"), path))) {
    if (file.endsWith(".ts") || /(^|\/)(testing|simulation|fixtures|attacks|__pycache__)\//.test(file)) continue;
    cpSync(join(root, "src", file), join(target, file));
  }
  return 0;
}

/** What is built must not point back at TypeScript or at folders that are not published. */
function checkLeftovers() {
  let bad = 0;
  for (const file of filesIn(target).filter((name) => name.endsWith(".js"))) {
    const text = readFileSync(file, "utf8");
    const found = /(?:from|import\(|new URL\()\s*"(\.[^"]*\.ts)"/.exec(text)?.[1];
    if (found === undefined) continue;
    bad += 1;
    process.stdout.write(
      `${relative(target, file)} still names ${found}. Instead: import it, or take the ending from import.meta.url.\n`,
    );
  }
  const bin = readFileSync(join(root, "bin/lambent.js"), "utf8");
  if (!bin.startsWith("#!/usr/bin/env node\n")) {
    bad += 1;
    process.stdout.write("bin/lambent.js has lost its #! line, so npm cannot link it as a command.\n");
  }
  return bad === 0 ? 0 : 1;
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? dirname(folder), entry.name));
}
