/**
 * How an error ends a command: one sentence about what happened, one about what to do next, and an exit code. UserErrors
 * and AWS's errors are for people; anything else is a bug and shows its stack.
 */
import { UserError } from "../base/index.ts";

/** What standard error shows, and what the process ends with. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly nextStep: string | undefined;
  readonly exitCode: number;
}

const FILE_NEXT_STEPS: Readonly<Record<string, string>> = {
  EACCES: "give yourself the right to read it (chmod), or name another",
  EPERM: "give yourself the right to use it, or name another",
  ENOENT: "check the path",
  ENOTDIR: "check the path",
  EISDIR: "name a file in it",
  ENOSPC: "make room on the disk",
  EROFS: "name a place that can be written",
};

export function failureOf(error: unknown, endpoint: string): Failure {
  if (error instanceof UserError) {
    return { code: error.code, message: error.message, nextStep: error.nextStep, exitCode: 1 };
  }
  if (isUnreachable(error)) {
    return {
      code: "no-server",
      message: `No Lambent server answers at ${endpoint}.`,
      nextStep: "start one with: lambent up (or name another with --endpoint)",
      exitCode: 1,
    };
  }
  if (isAwsError(error)) {
    return {
      code: error.name,
      message: `${error.name}: ${error.message}`,
      nextStep: nextStepFor(error),
      exitCode: 1,
    };
  }
  const file = fileFailure(error);
  if (file !== undefined) return file;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "bug",
    message: `This is a bug in Lambent.\n${text}`,
    nextStep: "please report it with the command that you ran",
    exitCode: 70,
  };
}

function isUnreachable(error: unknown): boolean {
  const codes = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "EAI_AGAIN"];
  const seen = (value: unknown): boolean => {
    if (!(value instanceof Error)) return false;
    if ("code" in value && typeof value.code === "string" && codes.includes(value.code)) return true;
    return seen(value.cause) || (value instanceof AggregateError && value.errors.some(seen));
  };
  return seen(error) || isFailedFetch(error);
}

/** `fetch` names no reason for a port that browsers may not use, or for a TLS server that a plain one answers for. */
function isFailedFetch(error: unknown): boolean {
  return error instanceof TypeError && error.message === "fetch failed";
}

/** A file or folder that the person named, and the system refused. */
function fileFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error && "code" in error && "path" in error) || typeof error.code !== "string")
    return undefined;
  const nextStep = FILE_NEXT_STEPS[error.code];
  if (nextStep === undefined) return undefined;
  return { code: "file", message: `${error.message}.`, nextStep, exitCode: 1 };
}

function isAwsError(error: unknown): error is Error {
  return error instanceof Error && "$metadata" in error;
}

function nextStepFor(error: Error): string | undefined {
  const { name } = error;
  if (name === "ResourceNotFoundException") return "lambent ls shows what is deployed";
  if (name === "CredentialsProviderError")
    return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to anything well-formed";
  if (name === "ValidationException" || name === "InvalidParameterValueException")
    return "correct the value that it names; lambent deploy --help shows what goes where";
  if (name === "TooManyRequestsException") return throttleNextStep(error);
  if (name === "ResourceConflictException") return "try again in a moment: another change of it is still going on";
  return undefined;
}

/** By AWS's reason: waiting does not help a function whose reservation is 0. */
function throttleNextStep(error: Error): string {
  const reason = "Reason" in error ? error.Reason : undefined;
  const wait = "try again when a running invocation has ended";
  if (reason === "ReservedFunctionConcurrentInvocationLimitExceeded") {
    return `${wait}, unless the function reserves 0: aws lambda get-function-concurrency shows how many it reserves`;
  }
  if (reason === "ConcurrentInvocationLimitExceeded") {
    return `${wait}: the account's concurrency (lambent up --account-concurrency) or this machine's memory is used up`;
  }
  return wait;
}
