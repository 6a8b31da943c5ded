/**
 * Where the time of one invocation went, for a caller who asks by a header of Lambent's own: one line of JSON in a header of
 * the answer, which AWS's clients neither send nor see. Milliseconds, as the server measured them; what a caller measures
 * beyond `totalMs` is its own and the network's.
 */
import type { ColdTimings, InvocationReport } from "../environments/index.ts";

/** Both ways the same name. Any value asks. */
export const EXPLAIN_HEADER = "X-Lambent-Explain";

/** The steps are in their order and do not overlap. */
export interface Explanation {
  /** `warm`, where the sandbox of a cold start came from, or `restart`: a new process inside the invocation. */
  readonly start: string;
  /** The start ahead of a `restart`, when that is what failed. */
  readonly failedMs: number;
  readonly waitMs: number;
  readonly sandboxMs: number;
  readonly attachMs: number;
  readonly interpreterMs: number;
  /** Of the function's own code. */
  readonly initMs: number;
  /** The event to the function, its work, and its answer back. */
  readonly runMs: number;
  /** From the decoded request to the answer. */
  readonly totalMs: number;
}

export function explanationOf(report: InvocationReport, totalMs: number): string {
  const { coldTimings, restart, durationMs } = report;
  const cold = coldTimings ?? restart?.timings;
  const failed = restart?.failed;
  const explanation: Explanation = {
    start: coldTimings?.source ?? (restart === undefined ? "warm" : "restart"),
    failedMs: round(failed && startMs(failed)),
    waitMs: round(cold?.waitMs),
    sandboxMs: round(cold?.sandboxMs),
    attachMs: round(cold?.attachMs),
    interpreterMs: round(cold?.interpreterMs),
    initMs: round(cold && cold.initMs - cold.interpreterMs),
    runMs: round(restart === undefined ? durationMs : Math.max(0, durationMs - startMs(restart.timings))),
    totalMs: round(totalMs),
  };
  return JSON.stringify(explanation);
}

function startMs({ waitMs, sandboxMs, attachMs, initMs }: ColdTimings): number {
  return waitMs + sandboxMs + attachMs + initMs;
}

function round(ms = 0): number {
  return Number(ms.toFixed(3));
}
