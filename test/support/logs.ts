/** A function's log as an unmodified client reads it. */
import {
  type CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";

/** The messages of `/aws/lambda/{functionName}` as soon as `isComplete` says so; fails with them after fifteen seconds. */
export async function loggedMessages(
  client: CloudWatchLogsClient,
  functionName: string,
  isComplete: (messages: readonly string[]) => boolean,
): Promise<readonly string[]> {
  for (const deadline = Date.now() + 15_000; ; ) {
    const messages = await messagesNow(client, `/aws/lambda/${functionName}`);
    if (isComplete(messages)) return messages;
    if (Date.now() > deadline) throw new Error(`waited in vain for lines of ${functionName}:\n${messages.join("")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Nothing before the first line has made the group. */
async function messagesNow(client: CloudWatchLogsClient, logGroupName: string): Promise<readonly string[]> {
  try {
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName }));
    return events.map(({ message = "" }) => message);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return [];
    throw error;
  }
}
