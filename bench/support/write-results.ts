/** Brings bench/RESULTS.md to what bench/results holds. Run by `npm run bench -- --results`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchResult } from "./report.ts";
import { resultsPage } from "./results-page.ts";

const bench = join(import.meta.dirname, "..");
const folder = join(bench, "results");
const page = join(bench, "RESULTS.md");
const results = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file): BenchResult => JSON.parse(readFileSync(join(folder, file), "utf8")))
  // Files of earlier versions do not say what they were measured on.
  .filter(({ machine }) => (machine as BenchResult["machine"] | undefined) !== undefined);
writeFileSync(page, resultsPage(results, existsSync(page) ? readFileSync(page, "utf8") : ""));
process.stdout.write(`bench/RESULTS.md has the results of ${results.map(({ name }) => name).join(", ")}\n`);
