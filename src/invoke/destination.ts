/**
 * The record that a destination receives about an event that has ended, in AWS's form. Functions as destinations are
 * invoked by the engine itself; other targets are for whoever listens to settlements.
 */
import type { JsonValue } from "../base/index.ts";
import type { Settlement } from "./async-engine.ts";

/** Where the record of this end belongs; undefined when the function names nothing for it. */
export function destinationOf({ condition, settings }: Settlement): string | undefined {
  if (condition === "Dropped") return undefined;
  return condition === "Success" ? settings?.onSuccess : settings?.onFailure;
}

export function destinationRecord(settlement: Settlement, functionArn: string, nowMs: number): Uint8Array {
  const { event, condition, approximateInvokeCount, executedVersion, result } = settlement;
  const record = {
    version: "1.0",
    timestamp: new Date(nowMs).toISOString(),
    requestContext: { requestId: event.header.requestId, functionArn, condition, approximateInvokeCount },
    requestPayload: jsonOf(event.payload),
    ...(result !== undefined && {
      responseContext: {
        statusCode: 200,
        executedVersion: executedVersion ?? "$LATEST",
        ...(result.functionError !== undefined && { functionError: result.functionError }),
      },
      responsePayload: jsonOf(result.payload),
    }),
  };
  return Buffer.from(JSON.stringify(record));
}

/** Events are JSON because the front end checked them; what a function answers need not be. */
function jsonOf(payload: Uint8Array): JsonValue {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
