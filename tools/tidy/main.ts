/**
 * Runs the checks that no ready-made tool has: the house's own rules (tidy) and the arrows between rooms. Prints one line
 * per finding and ends with 1 when there is any.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkArrows } from "../arrows/arrows.ts";
import { listFiles, readSources } from "../sources.ts";
import { checkTidy } from "./tidy.ts";

const root = join(import.meta.dirname, "../..");
const paths = listFiles(root);
const files = readSources(root, paths);
const manifest: { dependencies: Record<string, string> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const findings = [
  ...checkTidy(root, paths, files),
  ...checkArrows(files, { dependencies: new Set(Object.keys(manifest.dependencies)) }),
];
for (const { path, line, rule, message } of findings) process.stdout.write(`${path}:${line} [${rule}] ${message}\n`);
process.stdout.write(`${files.length} files read, ${findings.length} to mend\n`);
process.exitCode = findings.length > 0 ? 1 : 0;
