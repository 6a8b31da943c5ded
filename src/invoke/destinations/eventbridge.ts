/** Parcels to EventBridge: PutEvents with one entry, whose own failure is in the answer. */
import { textOf } from "./dead-letter.ts";
import { type Carry, Undeliverable } from "./target.ts";

/** Failures of an entry that may pass. */
const PASSING = /Throttl|InternalFailure|InternalException|ServiceUnavailable/;

export const putToBus: Carry<"events"> = async ({ client }, { header, payload }) => {
  const { targetArn, sourceArn, outcome, traceId } = header;
  const { FailedEntryCount = 0, Entries } = await client.call("PutEvents", {
    Entries: [
      {
        EventBusName: targetArn,
        Source: "lambda",
        DetailType: `Lambda Function Invocation Result - ${outcome}`,
        Detail: textOf(payload),
        Resources: [targetArn, sourceArn],
        TraceHeader: traceId,
      },
    ],
  });
  if (FailedEntryCount === 0) return;
  const { ErrorCode = "", ErrorMessage = "" } = Entries?.[0] ?? {};
  const text = `${ErrorCode}: ${ErrorMessage}`;
  throw PASSING.test(ErrorCode) ? new Error(text) : new Undeliverable(text);
};
