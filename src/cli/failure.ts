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
      nextStep: nextStepFor(error.name),
      exitCode: 1,
    };
  }
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
  return seen(error);
}

function isAwsError(error: unknown): error is Error {
  return error instanceof Error && "$metadata" in error;
}

function nextStepFor(name: string): string | undefined {
  if (name === "ResourceNotFoundException") return "lambent ls shows what is deployed";
  if (name === "CredentialsProviderError")
    return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to anything well-formed";
  return undefined;
}
