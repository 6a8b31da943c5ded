/**
 * bench/RESULTS.md: every figure of the last run of every bench in one table, from bench/results. A bench that was not run
 * on this machine keeps the rows that the page has already. Names no path and no host.
 */
import type { Machine } from "./machine.ts";
import { type BenchResult, printBudget, type Row, round } from "./report.ts";

const TITLE = `# Benchmark results

Written by \`npm run bench -- --results\`. A ratio compares with the baseline that the same run measured; a budget is a
promise of [SPECIFICATION.md](../SPECIFICATION.md), about the ratio where there is a baseline and about the figure itself where there is none.
`;
const HEAD = ["bench", "what", "measured", "baseline", "ratio", "budget", "holds"];
const RULE = HEAD.map(() => "---");

/** `before` is the page as it was, or empty. */
export function resultsPage(results: readonly BenchResult[], before: string): string {
  const names = new Set(results.map(({ name }) => name));
  const kept = rowsOf(before).filter(([name = ""]) => !names.has(name));
  const fresh = results.flatMap((result) => result.figures.map((row) => cellsOf(result.name, row)));
  const rows = [...fresh, ...kept].sort(([one = ""], [other = ""]) => one.localeCompare(other));
  return `${TITLE}\n${factsOf(results).join("\n")}\n\n${[HEAD, RULE, ...rows].map(line).join("\n")}\n`;
}

/** What was measured on, once where it is the same for all. */
function factsOf(results: readonly BenchResult[]): string[] {
  const groups = Map.groupBy(
    results,
    ({ node, machine, at }) => `${at.slice(0, 10)}: ${machineText(machine)}, Node.js ${node}`,
  );
  const isolations = new Set(results.flatMap(({ isolation }) => isolation ?? []));
  const lines = [...groups].map(([facts, members]) =>
    groups.size === 1 ? `- ${facts}` : `- ${facts} (${members.map(({ name }) => name).join(", ")})`,
  );
  return [...lines, ...[...isolations].map((isolation) => `- isolation: ${isolation}`)];
}

function machineText({ cpu, cores, memoryGiB, kernel }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}`;
}

function cellsOf(name: string, row: Row): string[] {
  return [
    name,
    row.what,
    `${round(row.measured)} ${row.unit}`.trim(),
    row.baseline === undefined ? "" : `${round(row.baseline)} ${row.unit}`.trim(),
    row.ratio === undefined ? "" : `${round(row.ratio)} ×`,
    printBudget(row.budget).replace("<=", "≤").replace(">=", "≥"),
    row.holds === undefined ? "" : row.holds ? "yes" : "**no**",
  ];
}

function rowsOf(page: string): string[][] {
  return page
    .split("\n")
    .filter((text) => text.startsWith("| "))
    .map((text) =>
      text
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    )
    .filter(([first]) => first !== HEAD[0] && first !== RULE[0]);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
