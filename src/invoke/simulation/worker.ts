/** Runs a range of seeds in a thread of its own, where no test runner follows every promise: a third of the time. */
import { parentPort, workerData } from "node:worker_threads";
import { report, runSeed, shrink } from "./history.ts";

export interface Range {
  readonly first: number;
  readonly count: number;
}

export interface RangeResult {
  /** The report of the first history that broke a rule. */
  readonly failure: string | undefined;
  /** How many histories came to each kind of thing. */
  readonly reached: ReadonlyMap<string, number>;
}

async function run({ first, count }: Range): Promise<RangeResult> {
  const reached = new Map<string, number>();
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await runSeed(seed);
    if (outcome.violations.length > 0) return { failure: report(outcome, await shrink(outcome)), reached };
    for (const kind of outcome.reached) reached.set(kind, (reached.get(kind) ?? 0) + 1);
  }
  return { failure: undefined, reached };
}

const range: Range = workerData;
parentPort?.postMessage(await run(range));
