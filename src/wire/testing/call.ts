/** The call that a handler gets, for tests that call handlers without the wire. */
import { randomUUID } from "node:crypto";
import type { Call } from "../types.ts";

export const TEST_ACCOUNT = "000000000000";
export const TEST_REGION = "us-east-1";

/** A call by the user `lambent` of the test account, with what `overrides` changes. */
export function testCall(overrides: Partial<Call> = {}): Call {
  return {
    requestId: randomUUID(),
    service: "test",
    operation: "Test",
    accountId: TEST_ACCOUNT,
    region: TEST_REGION,
    partition: "aws",
    principal: { kind: "user", accountId: TEST_ACCOUNT, arn: `arn:aws:iam::${TEST_ACCOUNT}:user/lambent` },
    endpoint: "http://localhost:4566",
    signal: new AbortController().signal,
    header: () => undefined,
    setHeader: () => undefined,
    ...overrides,
  };
}
