/**
 * Failures of an environment in AWS's words: error type, the JSON that the caller gets, and how a process ended. Pure
 * text; knows no sandbox and no log. Texts as recorded on the service in 2025 and 2026.
 */
import type { EntrypointFailure } from "../runtimes/index.ts";
import type { SandboxExit } from "../sandbox/index.ts";
import { RESPONSE_BYTES_MAX } from "./limits.ts";

/** Why an invocation or an init did not end with the function's own output. */
export interface Failure {
  readonly errorType: string;
  /** AWS's error JSON, or the runtime's own, verbatim. */
  readonly payload: Uint8Array;
  /** Set when the platform found it, not the runtime: then REPORT names it and the log has a line of its own. */
  readonly platform: PlatformFailure | undefined;
}

export interface PlatformFailure {
  readonly status: "timeout" | "error";
  /** What follows `RequestId: … ` in the log; undefined where the log has another line for it. */
  readonly message: string | undefined;
}

/** The function or its init ran past `timeoutMs`. */
export function timedOut(requestId: string, timeoutMs: number): Failure {
  const message = `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
  return failure("Sandbox.Timedout", message, { status: "timeout", message: undefined });
}

/** The first process ended although an answer was due. */
export function processEnded(requestId: string, exit: SandboxExit): Failure {
  const errorType = exit.outOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError";
  const message = describeExit(exit);
  return failure(errorType, `RequestId: ${requestId} Error: ${message}`, { status: "error", message });
}

/** A custom runtime without anything to run, or with something that cannot be. */
export function invalidEntrypoint(requestId: string, { errorType, message }: EntrypointFailure): Failure {
  const errorMessage = `RequestId: ${requestId} Error: ${message}`;
  return failure(errorType, errorMessage, { status: "error", message });
}

/** An extension could not be started, ended, or gave up; `message` is AWS's text without the request id. */
export function extensionFailed(requestId: string, errorType: string, message: string): Failure {
  return failure(errorType, `RequestId: ${requestId} Error: ${message}`, { status: "error", message });
}

export function responseTooLarge(bytesMax: number = RESPONSE_BYTES_MAX): Failure {
  const errorType = "Function.ResponseSizeTooLarge";
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${bytesMax} bytes).`;
  return { errorType, payload: Buffer.from(JSON.stringify({ errorMessage, errorType })), platform: undefined };
}

/** A streaming header that is none of AWS's. */
export function invalidResponseMode(requestId: string): Failure {
  const message = "Invalid function response mode";
  const errorMessage = `RequestId: ${requestId} Error: ${message}`;
  return failure("Runtime.InvalidResponseModeHeader", errorMessage, { status: "error", message });
}

/** The body that the runtime announced did not come whole. */
export function truncatedResponse(requestId: string): Failure {
  const message = "Response truncated";
  const errorMessage = `RequestId: ${requestId} Error: ${message}`;
  return failure("Runtime.TruncatedResponse", errorMessage, { status: "error", message });
}

/** What the runtime itself reported; its JSON goes to the caller as it is, unless no response may be that large. */
export function reportedByRuntime(errorType: string, payload: Uint8Array): Failure {
  if (payload.length > RESPONSE_BYTES_MAX) return responseTooLarge();
  return { errorType, payload, platform: undefined };
}

/** AWS's wording for an exit, which is that of Go's os/exec. */
export function describeExit(exit: SandboxExit): string {
  if (exit.outOfMemory) return "Runtime exited with error: signal: killed";
  if (exit.signal !== undefined)
    return `Runtime exited with error: signal: ${SIGNAL_TEXTS[exit.signal] ?? exit.signal}`;
  if (exit.code === 0) return "Runtime exited without providing a reason";
  return `Runtime exited with error: exit status ${exit.code ?? 1}`;
}

const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGILL: "illegal instruction",
  SIGTRAP: "trace/breakpoint trap",
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGPIPE: "broken pipe",
  SIGALRM: "alarm clock",
  SIGTERM: "terminated",
  SIGSYS: "bad system call",
};

/** The error type that logs and telemetry may carry: anything that is not of AWS's form becomes Unknown. */
export function telemetryErrorType(errorType: string): string {
  if (/^(Runtime|Function|Sandbox|Extension)\.[A-Z][a-zA-Z]+$/.test(errorType)) return errorType;
  return errorType.startsWith("Function.") ? "Function.Unknown" : "Runtime.Unknown";
}

function failure(errorType: string, errorMessage: string, platform: PlatformFailure | undefined): Failure {
  return { errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), platform };
}
