/**
 * `npm run bench`: runs every bench/*.bench.ts in turn, or those whose name contains one of the given words. Each prints
 * a table and writes bench/results/NAME.json. One at a time, so that none disturbs another's numbers.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensure, node26, root, run } from "./ensure.js";

/** A bench that takes longer hangs. */
const BENCH_SECONDS_MAX = 180;
const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--expose-gc"];
const HELP = `npm run bench [-- NAME... OPTION...]

  NAME        run the benches whose names contain it; all of them without one
  --list      show what there is and end
  --results   write bench/RESULTS.md from all results, those of earlier runs included
  --explain   with cold: show where every millisecond of a cold start goes
  --help      this text

Ends with 1 when a budget was missed or a bench failed.
`;

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const options = process.argv.slice(2).filter((word) => word.startsWith("--"));
const unknown = options.find((option) => !["--list", "--results", "--explain", "--help"].includes(option));
const all = readdirSync(join(root, "bench"))
  .filter((file) => file.endsWith(".bench.ts"))
  .sort();
const chosen = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));

if (options.includes("--help")) {
  process.stdout.write(HELP);
} else if (unknown !== undefined) {
  fail(`There is no option ${unknown}.\n\n${HELP}`);
} else if (options.includes("--list")) {
  for (const file of all) process.stdout.write(`${nameOf(file).padEnd(16)}${purposeOf(file)}\n`);
} else if (chosen.length === 0) {
  fail(`No benchmark is called ${words.join(" or ")}. There are: ${all.map(nameOf).join(", ")}\n`);
} else {
  await runAll();
}

async function runAll() {
  await ensure();
  mkdirSync(join(root, "bench/results"), { recursive: true });
  const missed = [];
  for (const [index, file] of chosen.entries()) {
    process.stderr.write(`[${index + 1}/${chosen.length}] ${nameOf(file)}: ${purposeOf(file)}\n`);
    const started = performance.now();
    const failure = await runOne(file);
    if (failure !== undefined) missed.push(`${nameOf(file)} ${failure}`);
    process.stderr.write(`${nameOf(file)} took ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  if (options.includes("--results")) await run(node26(), [...NODE_FLAGS, join(root, "bench/support/write-results.ts")]);
  if (missed.length > 0) fail(`${missed.join("\n")}\n`);
}

/** What was wrong with a bench, if anything. Ctrl-C reaches it as well, since it belongs to the same terminal. */
function runOne(file) {
  const flags = options.filter((option) => option === "--explain");
  const child = spawn(node26(), [...NODE_FLAGS, join(root, "bench", file), ...flags], { stdio: "inherit" });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGTERM");
  }, BENCH_SECONDS_MAX * 1000);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (late) resolve(`was ended after ${BENCH_SECONDS_MAX} s`);
      else resolve(code === 0 ? undefined : `missed a budget or failed (exit code ${code})`);
    });
  });
}

function nameOf(file) {
  return file.slice(0, -".bench.ts".length);
}

/** The first sentence of the file's header. */
function purposeOf(file) {
  const text = readFileSync(join(root, "bench", file), "utf8");
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
  const words = header
    .replace(/^\s*\*/gm, " ")
    .trim()
    .replace(/\s+/g, " ");
  return /^.*?[.:](?= |$)/.exec(words)?.[0].slice(0, -1) ?? words;
}

function fail(message) {
  process.stderr.write(message);
  process.exitCode = 1;
}
