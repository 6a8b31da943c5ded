/** Parcels to SNS: Publish. */
import { deadLetterAttributes, textOf } from "./dead-letter.ts";
import type { Carry } from "./target.ts";

export const publishToTopic: Carry<"sns"> = async ({ client }, { header, payload }) => {
  const attributes = deadLetterAttributes(header);
  const message = {
    TopicArn: header.targetArn,
    Message: textOf(payload),
    ...(attributes !== undefined && { MessageAttributes: attributes }),
  };
  // Publish has no member for the trace, which its subscribers get all the same.
  await client.call("Publish", message, { traceId: header.traceId });
};
