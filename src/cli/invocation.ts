/** Invokes a function through the public API and shows what came back: result, log, timing. */
import type { LambdaAccess } from "./clients.ts";
import { askToExplain, type Explanation, explanationTable, readExplanation } from "./explanation.ts";
import { type Report, reportIn } from "./report.ts";
import type { Terminal } from "./terminal.ts";

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
  const explanation = call.explain === true ? askToExplain(command) : undefined;
  const startedAt = performance.now();
  const answer = await client.send(command, { abortSignal: signal });
  const roundTripMs = performance.now() - startedAt;
  const log = Buffer.from(answer.LogResult ?? "", "base64").toString("utf8");
  return {
    statusCode: answer.StatusCode ?? 0,
    executedVersion: answer.ExecutedVersion,
    functionError: answer.FunctionError,
    payload: answer.Payload?.transformToString() ?? "",
    log,
    report: reportIn(log),
    roundTripMs,
    ...(explanation !== undefined && { explanation: readExplanation(explanation(), roundTripMs) }),
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

export function timingLine({ report, roundTripMs, functionError }: Invocation): string {
  const outcome = functionError === undefined ? "ok" : `failed (${functionError})`;
  if (report === undefined) return `${outcome} · ${roundTripMs.toFixed(1)} ms round trip`;
  // Not called a cold start: provisioned environments report their init too, which nobody waited for.
  const start = report.initMs === undefined ? "" : ` · init ${report.initMs.toFixed(1)} ms`;
  // A failed start is repeated inside of the invocation and reports no init: that is not warm.
  const warm = report.initMs === undefined && functionError === undefined ? " · warm" : "";
  const memory = report.usedMb === undefined ? "" : ` · ${report.usedMb} of ${report.memoryMb} MB`;
  return `${outcome}${start}${warm} · ran ${report.durationMs.toFixed(2)} ms, billed ${report.billedMs} ms${memory} · ${roundTripMs.toFixed(1)} ms round trip`;
}

function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), undefined, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return payload;
    throw error;
  }
}
