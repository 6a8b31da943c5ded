/**
 * `npm run bench`: runs every bench/*.bench.ts in turn, or those whose name contains one of the given words. Each prints
 * a table and writes bench/results/NAME.json. One at a time, so that none disturbs another's numbers.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ensure, node26, root, run } from "./ensure.js";

await ensure();
const words = process.argv.slice(2);
const all = readdirSync(join(root, "bench")).filter((file) => file.endsWith(".bench.ts"));
const chosen = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
if (chosen.length === 0) {
  process.stderr.write(`No benchmark is called ${words.join(" or ")}. There are: ${all.join(", ") || "none yet"}\n`);
  process.exit(1);
}
mkdirSync(join(root, "bench/results"), { recursive: true });
for (const file of chosen.sort()) {
  const code = await run(node26(), ["--disable-warning=ExperimentalWarning", "--expose-gc", join(root, "bench", file)]);
  if (code !== 0) process.exitCode = code;
}
