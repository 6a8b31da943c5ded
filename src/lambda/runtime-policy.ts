/**
 * Which runtimes functions may ask for, and what AWS says to the others. The lists are AWS's; whether a runtime can be
 * provided on this machine is another question, answered by `check`.
 */
import { invalidParameter } from "./errors.ts";

export interface RuntimePolicy {
  /** Accepted for new and updated functions, in the order that AWS prints. */
  readonly supported: readonly string[];
  /** Known to AWS, but no longer accepted. */
  readonly retired: readonly string[];
  /** Throws a UserError that says how to get it when the runtime cannot be provided here. */
  readonly check: (runtime: string) => Promise<void>;
}

/** As AWS listed them in January 2026, with the runtimes that its API model has gained since at the end. */
export const AWS_RUNTIMES: Pick<RuntimePolicy, "supported" | "retired"> = {
  supported: [
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
    "nodejs26.x",
    "python3.15",
    "ruby4.0",
    "java8.al2023",
    "java11.al2023",
    "java17.al2023",
  ],
  retired: [
    "java8",
    "go1.x",
    "provided",
    "ruby2.5",
    "ruby2.7",
    "nodejs",
    "nodejs4.3",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
  ],
};

/** Throws AWS's text when new and updated functions may not use `runtime`. */
export function requireSupportedRuntime(policy: RuntimePolicy, runtime: string): void {
  if (policy.supported.includes(runtime)) return;
  if (policy.retired.includes(runtime)) {
    throw invalidParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  throw invalidParameter(
    `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${policy.supported.join(", ")}] or be a valid ARN`,
  );
}
