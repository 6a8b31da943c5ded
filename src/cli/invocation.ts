/** Invokes a function through the public API and shows what came back: result, log, timing. */
import type { LambdaAccess } from "./clients.ts";
import { askToExplain, type Explanation, explanationTable, readExplanation } from "./explanation.ts";
import { type Report, reportIn } from "./report.ts";
import type { Terminal } from "./terminal.ts";

const STARTS: Readonly<Record<string, string | undefined>> = { warm: "warm", restart: "started again" };

export interface Invocation {
  readonly statusCode: number;
  readonly executedVersion: string | undefined;
  /** `Handled`, `Unhandled`, or undefined when all went well. */
  readonly functionError: string | undefined;
  readonly payload: string;
  readonly log: string;
  readonly report: Report | undefined;
  /** From the call to its answer, as this process saw it. */
  readonly roundTripMs: number;
  /** `warm`, `spare`, `direct` or `restart`; undefined from a server that does not say. */
  readonly start: string | undefined;
  /** Where the time went, when that was asked. */
  readonly explanation?: Explanation | undefined;
}

export async function invokeFunction(
  { sdk, client }: LambdaAccess,
  call: {
    readonly name: string;
    readonly payload: Uint8Array;
    readonly qualifier: string | undefined;
    readonly explain?: boolean;
  },
  signal: AbortSignal,
): Promise<Invocation> {
  const qualifier = call.qualifier === undefined ? {} : { Qualifier: call.qualifier };
  const command = new sdk.InvokeCommand({
    FunctionName: call.name,
    Payload: call.payload,
    LogType: "Tail",
    ...qualifier,
  });
  const answeredExplanation = askToExplain(command);
  const startedAt = performance.now();
  const answer = await client.send(command, { abortSignal: signal });
  const roundTripMs = performance.now() - startedAt;
  const explanation = readExplanation(answeredExplanation(), roundTripMs);
  const log = Buffer.from(answer.LogResult ?? "", "base64").toString("utf8");
  return {
    statusCode: answer.StatusCode ?? 0,
    executedVersion: answer.ExecutedVersion,
    functionError: answer.FunctionError,
    payload: answer.Payload?.transformToString() ?? "",
    log,
    report: reportIn(log),
    roundTripMs,
    start: explanation?.start,
    ...(call.explain === true && { explanation }),
  };
}

/** The payload on standard output, everything else on standard error. */
export function showInvocation(invocation: Invocation, terminal: Terminal, name: string): void {
  const { payload, log, functionError } = invocation;
  if (log !== "") terminal.note(terminal.noteStyle("dim", log.trimEnd()));
  const shown = terminal.outputIsRead ? pretty(payload) : payload;
  terminal.print(functionError === undefined ? shown : terminal.style("red", shown));
  terminal.note(timingLine(invocation));
  if (invocation.explanation !== undefined) terminal.note(explanationTable(invocation.explanation));
  const nextStep = nextStepFor(invocation, name);
  if (nextStep !== undefined) terminal.note(`Next: ${nextStep}`);
}

/** What mends an error that is not in the function's own code; undefined where nothing failed. */
export function nextStepFor(
  { payload, functionError }: Pick<Invocation, "payload" | "functionError">,
  name: string,
): string | undefined {
  if (functionError === undefined) return undefined;
  const has = (text: string): boolean => payload.includes(text);
  if (has('"Runtime.HandlerNotFound"'))
    return "name the exported function: lambent deploy FOLDER --handler FILE.FUNCTION";
  if (has('"Runtime.ImportModuleError"')) {
    return "check --handler FILE.FUNCTION, and that the folder holds the packages that the code imports";
  }
  if (has('"Sandbox.Timedout"')) return "give it more time: lambent deploy FOLDER --timeout SECONDS";
  if (has('"Runtime.OutOfMemory"')) return "give it more memory: lambent deploy FOLDER --memory MB";
  return `lambent logs ${name} shows the whole log`;
}

export function timingLine({ report, roundTripMs, functionError, start }: Invocation): string {
  const outcome = functionError === undefined ? "ok" : `failed (${functionError})`;
  const how = start === undefined ? "" : ` · ${STARTS[start] ?? "cold"}`;
  if (report === undefined) return `${outcome}${how} · ${roundTripMs.toFixed(1)} ms round trip`;
  // Provisioned environments report their init with the first invocation, which has not waited for it.
  const init =
    report.initMs === undefined ? "" : ` · init ${report.initMs.toFixed(1)} ms${start === "warm" ? " before" : ""}`;
  const memory = report.usedMb === undefined ? "" : ` · ${report.usedMb} of ${report.memoryMb} MB`;
  return `${outcome}${how}${init} · ran ${report.durationMs.toFixed(2)} ms, billed ${report.billedMs} ms${memory} · ${roundTripMs.toFixed(1)} ms round trip`;
}

function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), undefined, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return payload;
    throw error;
  }
}
