/** The record that a destination receives about an event that has ended, in AWS's form and order of members. */
import type { Settlement } from "../async-engine.ts";
import { eventProblem } from "../payload.ts";
import { textOf } from "./dead-letter.ts";

export function destinationRecord(settlement: Settlement, functionArn: string, nowMs: number): Uint8Array {
  const { event, condition, approximateInvokeCount, executedVersion, result } = settlement;
  const { requestId } = event.header;
  const context = { requestId, functionArn, condition, approximateInvokeCount };
  const head = { version: "1.0", timestamp: new Date(nowMs).toISOString(), requestContext: context };
  const answer = result && {
    statusCode: 200,
    executedVersion: executedVersion ?? "$LATEST",
    ...(result.functionError !== undefined && { functionError: result.functionError }),
  };
  // The event and the answer go in as they are, so that no number loses digits.
  const members = [
    JSON.stringify(head).slice(1, -1),
    `"requestPayload":${jsonOf(event.payload)}`,
    ...(answer && result
      ? [`"responseContext":${JSON.stringify(answer)}`, `"responsePayload":${jsonOf(result.payload)}`]
      : []),
  ];
  return Buffer.from(`{${members.join(",")}}`);
}

/** Events are JSON because the front end checked them; what a function answers need not be, and then becomes a text. */
function jsonOf(payload: Uint8Array): string {
  const text = textOf(payload);
  return payload.byteLength > 0 && eventProblem(payload) === undefined ? text : JSON.stringify(text);
}
