/** The page of bench results: what it keeps, replaces and leaves out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BenchResult } from "../bench/support/report.ts";
import { resultsPage } from "../bench/support/results-page.ts";

const MACHINE = { cpu: "Some CPU", cores: 2, memoryGiB: 8, kernel: "linux 6.1.0" };

function result(name: string, measured: number): BenchResult {
  const figure = { what: "warm p50", unit: "ms", measured, baseline: 0.2, budget: { atMost: 2 } };
  const ratio = measured / 0.2;
  const figures = [{ ...figure, ratio, holds: ratio <= 2 }];
  return { name, at: "2026-01-02T03:04:05.678Z", node: "v26.10.0", machine: MACHINE, isolation: "crun", figures };
}

test("every figure is a row, under what it was measured on", () => {
  const page = resultsPage([result("warm", 0.3)], "");
  assert.match(
    page,
    /^- 2026-01-02: Some CPU, 2 cores, 8 GiB, linux 6\.1\.0, Node\.js v26\.10\.0\n- isolation: crun$/m,
  );
  assert.match(page, /^\| warm \| warm p50 \| 0\.300 ms \| 0\.200 ms \| 1\.500 × \| ≤ 2 \| yes \|$/m);
});

test("a bench that ran again replaces its rows, one that did not keeps them, and a missed budget shows", () => {
  const before = resultsPage([result("cold", 0.1), result("warm", 0.3)], "");
  const page = resultsPage([result("warm", 0.5)], before);
  const rows = page.split("\n").filter((line) => /^\| (cold|warm)/.test(line));
  assert.deepEqual(rows, [
    "| cold | warm p50 | 0.100 ms | 0.200 ms | 0.500 × | ≤ 2 | yes |",
    "| warm | warm p50 | 0.500 ms | 0.200 ms | 2.500 × | ≤ 2 | **no** |",
  ]);
});
