/**
 * Where the time of an invocation went, asked of the server by a header of Lambent's own and shown as a table of steps with
 * bars. The server's steps do not overlap; what the round trip took beyond them is HTTP's and this process's.
 */
import type { InvokeCommand } from "@aws-sdk/client-lambda";
import { table } from "./functions.ts";

const HEADER = "x-lambent-explain";
const BAR_WIDTH = 30;
const MS_WIDTH = 9;
const SOURCES: Readonly<Record<string, string | undefined>> = {
  spare: "cold, in a sandbox made ahead",
  direct: "cold, in a sandbox made for it",
  restart: "started again, in the invocation",
  warm: "warm",
};

export interface Step {
  readonly step: string;
  readonly ms: number;
}

export interface Explanation {
  /** `warm`, `spare`, `direct` or `restart`. */
  readonly start: string;
  readonly steps: readonly Step[];
  /** From the call to its answer, as this process saw it. */
  readonly roundTripMs: number;
}

/** Makes `command` ask. The returned function gives the answer's header; undefined from a server that does not know it. */
export function askToExplain(command: InvokeCommand): () => string | undefined {
  let answer: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args;
      if (hasHeaders(request)) request.headers[HEADER] = "1";
      const result = await next(args);
      if (hasHeaders(result.response)) answer = result.response.headers[HEADER];
      return result;
    },
    { step: "finalizeRequest", name: "askToExplain" },
  );
  return () => answer;
}

/** Undefined when `text` is not what a server says. */
export function readExplanation(text: string | undefined, roundTripMs: number): Explanation | undefined {
  if (text === undefined) return undefined;
  const facts: unknown = JSON.parse(text);
  if (typeof facts !== "object" || facts === null) return undefined;
  const ms = (name: string): number => {
    const value: unknown = Reflect.get(facts, name);
    return typeof value === "number" ? value : 0;
  };
  const start = String(Reflect.get(facts, "start"));
  const starting: Step[] = [
    ...(ms("failedMs") > 0 ? [{ step: "a start before, which failed", ms: ms("failedMs") }] : []),
    { step: "wait for memory and a turn to start", ms: ms("waitMs") },
    { step: "sandbox", ms: ms("sandboxMs") },
    { step: "code, limits, credentials", ms: ms("attachMs") },
    { step: "interpreter, extensions", ms: ms("interpreterMs") },
    { step: "init of the function's code", ms: ms("initMs") },
  ];
  const server = [...(start === "warm" ? [] : starting), { step: "run: event in, answer out", ms: ms("runMs") }];
  const accounted = server.reduce((sum, step) => sum + step.ms, 0);
  const totalMs = ms("totalMs");
  const rest = [
    { step: "router, and the end of the log", ms: Math.max(0, totalMs - accounted) },
    { step: "HTTP, and this client", ms: Math.max(0, roundTripMs - totalMs) },
  ];
  const steps = [...server, ...rest].map(({ step, ms }) => ({ step, ms: Number(ms.toFixed(3)) }));
  return { start, steps, roundTripMs };
}

/** A table with one row per step, its milliseconds, and a bar as long as its share. */
export function explanationTable({ start, steps, roundTripMs }: Explanation): string {
  const longest = Math.max(...steps.map(({ ms }) => ms));
  const rows = steps.map(({ step, ms }) => [step, printed(ms), bar(ms / longest)]);
  return table([SOURCES[start] ?? start, printed("ms"), ""], [...rows, ["round trip", printed(roundTripMs), ""]]);
}

function printed(ms: number | string): string {
  return (typeof ms === "number" ? ms.toFixed(2) : ms).padStart(MS_WIDTH);
}

/** Eighths of a character show what is shorter than one. */
function bar(share: number): string {
  const eighths = Math.round(share * BAR_WIDTH * 8);
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest === 0 ? "" : String.fromCodePoint(0x2590 - rest));
}

function hasHeaders(value: unknown): value is { headers: Record<string, string> } {
  return typeof value === "object" && value !== null && "headers" in value && typeof value.headers === "object";
}
