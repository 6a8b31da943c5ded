/**
 * FilterLogEvents: the matching events of many streams in one order. A call looks at a bounded number of events and then
 * returns what it found, possibly nothing, with a token for the place it came to.
 */
import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import type { Handlers, OperationInput } from "../../wire/index.ts";
import { chunks } from "../kit/index.ts";
import { invalidToken, namesAndPrefix } from "./errors.ts";
import { EventMerge, type MergedEvent, type MergePosition, type MergeRange } from "./event-merge.ts";
import { compileFilterPattern } from "./filter-patterns.ts";
import { eventId } from "./positions.ts";
import { type LogGroupRecord, type LogStreamRecord, streamPath } from "./records.ts";
import { getIdentifiedGroup, getStream, type LogsClient, type LogsState, retentionCutoff } from "./state.ts";

type FilterInput = OperationInput<LogsClient, "FilterLogEvents">;

export function filterLogEventsHandlers(state: LogsState): Handlers<LogsClient> {
  const { limits } = state;
  return {
    async FilterLogEvents(input, call) {
      const matches = compileFilterPattern(input.filterPattern ?? "");
      if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) throw namesAndPrefix();
      const group = await getIdentifiedGroup(state, call, input);
      const range = mergeRange(state, group, input);
      const merge = new EventMerge(range.direction, limits);
      for await (const streams of chunks(searchedStreams(state, group, input), limits.lookupsAtOnce)) {
        await Promise.all(streams.map((stream) => merge.add(state, group, stream, range)));
      }

      const events: FilteredLogEvent[] = [];
      const eventsMax = input.limit ?? limits.pageEventsMax;
      let last: MergedEvent | undefined;
      let scanned = 0;
      let scannedBytes = 0;
      let pageBytes = 0;
      for (;;) {
        const merged = await merge.next();
        if (merged === undefined) return { events, searchedLogStreams: [] };
        const { message } = merged.event;
        const isMatch = matches(message);
        const pageIsFull = events.length === eventsMax || (isMatch && pageBytes + message.length > limits.pageBytesMax);
        const isSpent = scanned >= limits.scanEventsMax || scannedBytes >= limits.scanBytesMax;
        if (last !== undefined && ((pageIsFull && events.length > 0) || isSpent)) {
          return { events, searchedLogStreams: [], nextToken: printToken(range.direction, last) };
        }
        last = merged;
        scanned++;
        scannedBytes += message.length;
        if (!isMatch) continue;
        pageBytes += message.length;
        events.push(printEvent(merged));
      }
    },
  };
}

function mergeRange(state: LogsState, group: LogGroupRecord, input: FilterInput): MergeRange {
  const direction = input.startFromHead === false ? "backward" : "forward";
  return {
    direction,
    startMs: Math.max(input.startTime ?? 0, retentionCutoff(group, state.clock.now())),
    endMs: input.endTime ?? Number.POSITIVE_INFINITY,
    ...(input.nextToken === undefined ? {} : { after: parseToken(direction, input.nextToken) }),
  };
}

async function* searchedStreams(
  state: LogsState,
  group: LogGroupRecord,
  input: FilterInput,
): AsyncGenerator<LogStreamRecord> {
  if (input.logStreamNames !== undefined) {
    for (const name of new Set(input.logStreamNames)) yield await getStream(state, group, name);
    return;
  }
  let count = 0;
  for await (const { value } of state.streams.scan(streamPath(group.id, input.logStreamNamePrefix ?? ""))) {
    if (count++ === state.limits.streamsMax) return;
    yield value;
  }
}

function printEvent({ stream, event }: MergedEvent): FilteredLogEvent {
  return {
    logStreamName: stream.name,
    timestamp: event.timestamp,
    message: event.message,
    ingestionTime: event.ingestionTime,
    eventId: eventId(stream.id, event),
  };
}

function printToken(direction: string, { stream, event }: MergedEvent): string {
  return encodePageToken(`events-${direction}`, `${event.timestamp} ${event.sequence} ${stream.id}`);
}

function parseToken(direction: string, token: string): MergePosition {
  const position = decodePageToken(`events-${direction}`, token);
  const [, timestamp, sequence, streamId] = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]{16})$/.exec(position ?? "") ?? [];
  if (streamId === undefined) throw invalidToken();
  return { timestamp: Number(timestamp), sequence: Number(sequence), streamId };
}
