/** Code that stays in S3 and cannot be read there, as functions' states and environments get to know it. */
import { UserError } from "../base/index.ts";

interface Failure {
  readonly reason: string;
  readonly reasonCode: "InvalidConfiguration";
}

/** What a function's state says; undefined for every other error. */
export function sourceFailure(error: unknown): Failure | undefined {
  return isSourceProblem(error) ? { reason: sentence(error), reasonCode: "InvalidConfiguration" } : undefined;
}

/** Throws `error` as an environment tells it to people, which knows no S3; `look` is told to look at all such code. */
export function codeUnavailable(error: unknown, look: () => void): never {
  if (!isSourceProblem(error)) throw error;
  look();
  throw new UserError("code-unavailable", sentence(error), {
    cause: error,
    nextStep: "restore access to the object, or update the function with other code",
  });
}

/** By its name: what reads S3 is not loaded before something is read there. */
function isSourceProblem(error: unknown): error is Error {
  return error instanceof Error && error.name === "SourceProblem";
}

function sentence({ message }: Error): string {
  return `The function's code in Amazon S3 cannot be read: ${message.replace(/\.$/, "")}.`;
}
