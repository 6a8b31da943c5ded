/**
 * `npm run check`: everything that must hold before a change is merged, in the order of what fails fastest. All steps
 * run even after a failure, so one run shows everything. `-- --fix` writes what the formatter and linter can mend.
 */
import { ensure, node26, run, tool } from "./ensure.js";

await ensure({ system: false });
const node = node26();
const fix = process.argv.includes("--fix");

const steps = [
  {
    name: "format and lint",
    args: [tool("@biomejs/biome/bin/biome"), "check", ...(fix ? ["--write"] : []), "--error-on-warnings"],
  },
  { name: "house rules and arrows (tidy)", args: ["tools/tidy/main.ts"] },
  { name: "types", args: [tool("typescript/bin/tsc"), "-p", "."] },
  { name: "unused files, exports and packages", args: [tool("knip/bin/knip.js"), "--no-progress"] },
  { name: "what the package publishes", args: ["scripts/build.js", "--check"] },
];

const failed = [];
for (const step of steps) {
  const started = Date.now();
  const code = await run(node, ["--disable-warning=ExperimentalWarning", ...step.args]);
  const verdict = code === 0 ? "ok  " : "FAIL";
  process.stdout.write(`${verdict} ${step.name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
  if (code !== 0) failed.push(step.name);
}
if (failed.length > 0) {
  process.stdout.write(`\ncheck failed: ${failed.join("; ")}\n`);
  process.exitCode = 1;
}
