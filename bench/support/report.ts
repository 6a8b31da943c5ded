/**
 * How a bench tells its result: a short table for people and one JSON file under bench/results for machines. Figures are
 * ratios against a baseline of the same run; a budget is the largest (or smallest) ratio that SPECIFICATION.md promises.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { type Machine, thisMachine } from "./machine.ts";
import { isolationUsed } from "./processes.ts";

export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  /** What it is compared with, in the same unit; absent for absolute budgets. */
  readonly baseline?: number;
  /** Compared with measured/baseline, or with measured where there is no baseline. */
  readonly budget?: { readonly atMost: number } | { readonly atLeast: number };
}

export interface Row extends Figure {
  readonly ratio: number | undefined;
  /** Undefined where nothing was promised. */
  readonly holds: boolean | undefined;
}

/** One file of bench/results. */
export interface BenchResult {
  readonly name: string;
  readonly at: string;
  readonly node: string;
  readonly machine: Machine;
  /** How the servers of the bench contained functions; absent where it started none. */
  readonly isolation: string | undefined;
  readonly figures: readonly Row[];
}

/** Prints the table, writes `bench/results/NAME.json`, and returns whether every budget holds. */
export function report(name: string, figures: readonly Figure[]): boolean {
  const table = new Table({
    head: ["what", "measured", "baseline", "ratio", "budget", ""],
    style: { head: [], border: [] },
  });
  const rows: Row[] = figures.map((figure) => ({
    ...figure,
    ratio: figure.baseline === undefined ? undefined : figure.measured / figure.baseline,
    holds: holds(figure),
  }));
  for (const row of rows) {
    table.push([
      row.what,
      `${round(row.measured)} ${row.unit}`,
      row.baseline === undefined ? "" : `${round(row.baseline)} ${row.unit}`,
      row.ratio === undefined ? "" : `${round(row.ratio)} x`,
      printBudget(row.budget),
      row.holds === undefined ? "" : row.holds ? "ok" : "MISSED",
    ]);
  }
  process.stdout.write(`\n${name}\n${table.toString()}\n`);
  const folder = join(import.meta.dirname, "..", "results");
  mkdirSync(folder, { recursive: true });
  const result: BenchResult = {
    name,
    at: new Date().toISOString(),
    node: process.version,
    machine: thisMachine(),
    isolation: isolationUsed(),
    figures: rows,
  };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  return rows.every((row) => row.holds !== false);
}

function holds(figure: Figure): boolean | undefined {
  if (figure.budget === undefined) return undefined;
  const value = figure.baseline === undefined ? figure.measured : figure.measured / figure.baseline;
  return "atMost" in figure.budget ? value <= figure.budget.atMost : value >= figure.budget.atLeast;
}

export function printBudget(budget: Figure["budget"]): string {
  if (budget === undefined) return "";
  return "atMost" in budget ? `<= ${budget.atMost}` : `>= ${budget.atLeast}`;
}

export function round(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}
