/** Goal: records and dead letters have AWS's form whatever the function answered. Method: settlements made by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InvocationResult } from "../../environments/index.ts";
import type { Settlement } from "../async-engine.ts";
import { deadLetterError } from "./dead-letter.ts";
import { destinationRecord } from "./record.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST";

function settlement(event: string, answer: string | undefined, more: Partial<Settlement> = {}): Settlement {
  const result: InvocationResult | undefined =
    answer === undefined
      ? undefined
      : {
          payload: Buffer.from(answer),
          functionError: "Unhandled",
          errorType: "Error",
          logTail: undefined,
          done: undefined,
          report: {
            ...{ durationMs: 1, billedDurationMs: 1, memorySizeMb: 128, maxMemoryUsedMb: 1, coldStart: false },
            initDurationMs: undefined,
            coldTimings: undefined,
          },
        };
  return {
    event: {
      payload: Buffer.from(event),
      header: {
        ...{ accountId: "000000000000", region: "us-east-1", functionName: "f", requestId: "id", traceId: "" },
        acceptedAt: 0,
        failures: 0,
      },
    },
    condition: "RetriesExhausted",
    approximateInvokeCount: 3,
    executedVersion: "$LATEST",
    result,
    settings: undefined,
    ...more,
  };
}

const textOf = (given: Settlement): string => Buffer.from(destinationRecord(given, ARN, 0)).toString();

test("the record has AWS's members in AWS's order, and event and answer keep every digit", () => {
  assert.equal(
    textOf(settlement('{"n":12345678901234567890}', '{"errorMessage":"no","at":1.10}')),
    `{"version":"1.0","timestamp":"1970-01-01T00:00:00.000Z","requestContext":{"requestId":"id","functionArn":"${ARN}","condition":"RetriesExhausted","approximateInvokeCount":3},` +
      '"requestPayload":{"n":12345678901234567890},' +
      '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},' +
      '"responsePayload":{"errorMessage":"no","at":1.10}}',
  );
});

test("an answer that is no JSON becomes a text", () => {
  for (const answer of ["<html>", "", '{"cut": ', '"a" "b"']) {
    const record: { readonly responsePayload: unknown } = JSON.parse(textOf(settlement("{}", answer)));
    assert.equal(record.responsePayload, answer);
  }
});

test("an event that never ran has no answer in its record, and the refusal's status as its error", () => {
  const never = settlement("[1]", undefined, { condition: "ZeroReservedConcurrency", approximateInvokeCount: 0 });
  assert.deepEqual(Object.keys(JSON.parse(textOf(never))), [
    "version",
    "timestamp",
    "requestContext",
    "requestPayload",
  ]);
  assert.deepEqual(deadLetterError(never), { errorCode: "429", errorMessage: "Rate Exceeded." });
  assert.equal(deadLetterError({ ...never, condition: "RecursiveInvocation" }).errorCode, "400");
});

test("a dead letter's error is the message of the function's, the whole answer where it has none, and at most 1 KB", () => {
  const messageOf = (answer: string): string => deadLetterError(settlement("{}", answer)).errorMessage;
  assert.equal(messageOf('{"errorType":"E","errorMessage":"why"}'), "why");
  assert.equal(messageOf("crashed"), "crashed");
  assert.equal(messageOf('{"code":1}'), '{"code":1}');
  assert.equal(messageOf(`{"errorMessage":"${"ü".repeat(600)}"}`), "ü".repeat(512));
});
