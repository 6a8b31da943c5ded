/** Parcels to SNS: Publish. */
import { deadLetterAttributes, textOf } from "./dead-letter.ts";
import type { Carry } from "./target.ts";

export const publishToTopic: Carry<"sns"> = async ({ client }, { header, payload }) => {
  const attributes = deadLetterAttributes(header);
  await client.call("Publish", {
    TopicArn: header.targetArn,
    Message: textOf(payload),
    ...(attributes !== undefined && { MessageAttributes: attributes }),
  });
};
