/**
 * GetLogEvents: one page of one stream. Its two tokens are the places before the first and after the last event of the
 * page; at an end of the stream the token comes back unchanged and, forwards, finds what is written later.
 */
import type { OutputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { Handlers } from "../../wire/index.ts";
import type { LogsLimits } from "./limits.ts";
import { type Position, parsePageToken, printPageToken } from "./positions.ts";
import type { PlacedEvent } from "./reorder-buffer.ts";
import { getIdentifiedGroup, getStream, type LogsClient, type LogsState, retentionCutoff } from "./state.ts";
import { StreamCursor } from "./stream-cursor.ts";

export function getLogEventsHandlers(state: LogsState): Handlers<LogsClient> {
  const { limits } = state;
  return {
    async GetLogEvents(input, call) {
      const token = input.nextToken === undefined ? undefined : parsePageToken(input.nextToken);
      const group = await getIdentifiedGroup(state, call, input);
      const stream = await getStream(state, group, input.logStreamName);
      const forward = token === undefined ? input.startFromHead === true : token.direction === "f";
      const startMs = Math.max(input.startTime ?? 0, retentionCutoff(group, state.clock.now()));

      const cursor = await StreamCursor.open(state, group, stream, {
        direction: forward ? "forward" : "backward",
        startMs,
        endMs: input.endTime ?? Number.POSITIVE_INFINITY,
        ...(token === undefined ? {} : { from: token.position }),
      });
      const events = await readPage(cursor, input.limit ?? limits.pageEventsMax, limits);
      if (!forward) events.reverse();

      const first: Position = events.at(0) ?? token?.position ?? { timestamp: startMs, sequence: 0 };
      return {
        events: events.map(printEvent),
        nextForwardToken: printPageToken("f", afterLast(events) ?? first),
        nextBackwardToken: printPageToken("b", first),
      };
    },
  };
}

async function readPage(
  cursor: StreamCursor | undefined,
  eventsMax: number,
  limits: LogsLimits,
): Promise<PlacedEvent[]> {
  const events: PlacedEvent[] = [];
  let bytes = 0;
  while (cursor !== undefined && events.length < eventsMax) {
    const event = await cursor.next(limits.readBytesOfOne);
    if (event === undefined) break;
    bytes += Buffer.byteLength(event.message);
    if (bytes > limits.pageBytesMax && events.length > 0) break;
    events.push(event);
  }
  return events;
}

function afterLast(events: readonly PlacedEvent[]): Position | undefined {
  const last = events.at(-1);
  return last === undefined ? undefined : { timestamp: last.timestamp, sequence: last.sequence + 1 };
}

function printEvent({ timestamp, message, ingestionTime }: PlacedEvent): OutputLogEvent {
  return { timestamp, message, ingestionTime };
}
