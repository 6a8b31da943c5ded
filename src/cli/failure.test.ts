import assert from "node:assert/strict";
import { test } from "node:test";
import { TooManyRequestsException } from "@aws-sdk/client-lambda";
import { failureOf } from "./failure.ts";

const next = (
  reason: "ReservedFunctionConcurrentInvocationLimitExceeded" | "ConcurrentInvocationLimitExceeded",
): string => {
  const error = new TooManyRequestsException({ message: "Rate Exceeded.", Reason: reason, $metadata: {} });
  return failureOf(error, "http://localhost:4566").nextStep ?? "";
};

test("a throttled call's next step follows AWS's reason: a function that reserves 0 is never called by waiting", () => {
  assert.match(next("ReservedFunctionConcurrentInvocationLimitExceeded"), /unless the function reserves 0/);
  assert.match(next("ConcurrentInvocationLimitExceeded"), /--account-concurrency/);
});
