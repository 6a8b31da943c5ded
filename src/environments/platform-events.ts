/**
 * The lines and records that Lambda itself writes into a function's log, in both formats, exactly as recorded on the
 * service (text lines end in a newline; JSON records do not). Pure functions of facts; levels are those of AWS's table
 * of system log events.
 */
import type { RegisteredExtension } from "./extensions-api.ts";
import { type Failure, telemetryErrorType } from "./failure.ts";
import type { PlatformEvent } from "./function-log.ts";
import type { FunctionVersion, InitializationType, InvocationReport, InvocationRequest } from "./types.ts";

/** Whose invocation a record is of. */
type Subject = Pick<InvocationRequest, "requestId" | "tenantId">;

/** `runtimeVersion` is for example `nodejs:22.v14`. */
export function initStart(
  version: FunctionVersion,
  runtimeVersion: string,
  logStream: string,
  phase: "init" | "invoke",
  initializationType: InitializationType,
): PlatformEvent {
  const { runtimeVersionArn } = version;
  const record = () => ({
    initializationType,
    phase,
    runtimeVersion,
    runtimeVersionArn,
    functionName: version.functionName,
    functionVersion: version.version,
    instanceId: logStream,
    instanceMaxMemory: version.memoryMb * 2 ** 20,
  });
  const text = () => `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}\n`;
  return { ...(phase === "init" ? { text } : {}), json: { type: "platform.initStart", level: "INFO", record } };
}

/** A good init on demand says nothing in the text format, a provisioned one always does. `failure` undefined is success. */
export function initReport(
  phase: "init" | "invoke",
  durationMs: number,
  failure: Failure | undefined,
  initializationType: InitializationType,
): PlatformEvent {
  const outcome = status(failure);
  const errorType = outcome === "error" && failure !== undefined ? telemetryErrorType(failure.errorType) : undefined;
  const record = () => ({
    initializationType,
    phase,
    status: outcome,
    metrics: { durationMs: round(durationMs, 3) },
    ...(errorType === undefined ? {} : { errorType }),
  });
  const said = initializationType === "on-demand" ? "DEBUG" : "INFO";
  const json = { type: "platform.initReport", level: failure === undefined ? said : "WARN", record } as const;
  if (failure === undefined && initializationType === "on-demand") return { json };
  const suffix = errorType === undefined ? "" : `\tError Type: ${errorType}`;
  const text = () =>
    `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${outcome}${suffix}\n`;
  return { text, json };
}

/** One extension, when init is over: `Ready`, or as far as it came. */
export function extension({ name, state, events }: RegisteredExtension, errorType: string | undefined): PlatformEvent {
  const suffix = errorType === undefined ? "" : `\tError Type: ${errorType}`;
  const record = { name, state, events, ...(errorType === undefined ? {} : { errorType }) };
  return {
    text: () => `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(", ")}]${suffix}\n`,
    json: { type: "platform.extension", level: errorType === undefined ? "INFO" : "WARN", record: () => record },
  };
}

export function start(version: FunctionVersion, subject: Subject): PlatformEvent {
  return {
    text: () => `START RequestId: ${subject.requestId} Version: ${version.version}\n`,
    json: {
      type: "platform.start",
      level: "INFO",
      record: () => ({
        requestId: subject.requestId,
        functionArn: version.functionArn,
        version: version.version,
        ...tenantOf(subject),
      }),
    },
  };
}

/** The line that a failure found by the platform leaves before END; nothing in the JSON format, whose report has it. */
export function failureLine(requestId: string, failure: Failure, timeoutMs: number, nowMs: number): PlatformEvent {
  if (failure.platform?.status === "timeout") {
    const seconds = (timeoutMs / 1000).toFixed(2);
    return { text: () => `${new Date(nowMs).toISOString()} ${requestId} Task timed out after ${seconds} seconds\n\n` };
  }
  const message = failure.platform?.message;
  if (message === undefined) return {};
  return { text: () => `RequestId: ${requestId} Error: ${message}\n${failure.errorType}\n` };
}

/** `producedBytes` is the size of the response. */
export function runtimeDone(
  subject: Subject,
  durationMs: number,
  producedBytes: number,
  failure: Failure | undefined,
): PlatformEvent {
  const record = () => ({
    requestId: subject.requestId,
    ...tenantOf(subject),
    status: status(failure),
    metrics: { durationMs: round(durationMs, 3), producedBytes },
    ...(failure?.platform?.status === "error" ? { errorType: telemetryErrorType(failure.errorType) } : {}),
  });
  return { json: { type: "platform.runtimeDone", level: failure === undefined ? "DEBUG" : "WARN", record } };
}

export function end(requestId: string): PlatformEvent {
  return { text: () => `END RequestId: ${requestId}\n` };
}

export function report(subject: Subject, facts: InvocationReport, failure: Failure | undefined): PlatformEvent {
  const { requestId } = subject;
  const init = facts.initDurationMs;
  const platformStatus = failure?.platform?.status;
  const errorType =
    platformStatus === "error" && failure !== undefined ? telemetryErrorType(failure.errorType) : undefined;
  const record = () => ({
    requestId,
    ...tenantOf(subject),
    metrics: {
      durationMs: round(facts.durationMs, 3),
      billedDurationMs: facts.billedDurationMs,
      memorySizeMB: facts.memorySizeMb,
      maxMemoryUsedMB: facts.maxMemoryUsedMb,
      ...(init === undefined ? {} : { initDurationMs: round(init, 3) }),
    },
    status: status(failure),
    ...(errorType === undefined ? {} : { errorType }),
  });
  const text = () =>
    `REPORT RequestId: ${requestId}\tDuration: ${facts.durationMs.toFixed(2)} ms\t` +
    `Billed Duration: ${facts.billedDurationMs} ms\tMemory Size: ${facts.memorySizeMb} MB\t` +
    `Max Memory Used: ${facts.maxMemoryUsedMb} MB\t` +
    (init === undefined ? "" : `Init Duration: ${init.toFixed(2)} ms\t`) +
    (platformStatus === undefined ? "" : `Status: ${platformStatus}`) +
    (errorType === undefined ? "\n" : `\tError Type: ${errorType}\n`);
  const level = failure?.platform === undefined ? "INFO" : "WARN";
  return { text, json: { type: "platform.report", level, record } };
}

function tenantOf({ tenantId }: Subject): { readonly tenantId?: string } {
  return tenantId === undefined ? {} : { tenantId };
}

function status(failure: Failure | undefined): "success" | "error" | "timeout" {
  if (failure === undefined) return "success";
  return failure.platform?.status ?? "error";
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
