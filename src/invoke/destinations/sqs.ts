/** Parcels to SQS: SendMessage. A FIFO queue refuses it, since a record has no group, as AWS's documentation says. */

import { deadLetterAttributes, textOf } from "./dead-letter.ts";
import type { Carry } from "./target.ts";

export const sendToQueue: Carry<"sqs"> = async ({ client, endpoint }, { header, payload }, { accountId, resource }) => {
  const attributes = deadLetterAttributes(header);
  await client.call("SendMessage", {
    QueueUrl: new URL(`/${accountId}/${resource}`, endpoint).href,
    MessageBody: textOf(payload),
    MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: header.traceId } },
    ...(attributes !== undefined && { MessageAttributes: attributes }),
  });
};
