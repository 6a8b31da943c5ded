/**
 * PutLogEvents: checks a batch, drops what is too old or too new, and appends the rest to the stream's journal under the
 * high-water marks that records.ts describes. The stream's record is written only when an event comes later than any
 * did before, so a steady stream costs one append per batch.
 */
import type { InputLogEvent, RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { Handlers } from "../../wire/index.ts";
import { batchSpanTooLong, batchTooLarge, eventTooLarge, streamNotFound, unorderedBatch } from "./errors.ts";
import { announceIngestion } from "./ingestion-news.ts";
import { EVENT_OVERHEAD_BYTES, type LogsLimits } from "./limits.ts";
import { sequenceToken } from "./positions.ts";
import { encodeEvent, journalName, type LogGroupRecord, type LogStreamRecord, streamPath } from "./records.ts";
import { sweepIfDue } from "./retention.ts";
import { getGroup, getStream, type LogsClient, type LogsState, retentionCutoff } from "./state.ts";

type EventInput = Required<{ [K in keyof InputLogEvent]: NonNullable<InputLogEvent[K]> }>;

export function putLogEventsHandlers(state: LogsState): Handlers<LogsClient> {
  return {
    async PutLogEvents(input, call) {
      checkBatch(input.logEvents, state.limits);
      const group = await getGroup(state, call, input.logGroupName);
      const stream = await getStream(state, group, input.logStreamName);
      const { accepted, rejected } = sift(state, group, input.logEvents);
      checkSpan(accepted, state.limits);
      const nextSequence = await append(state, group, stream, accepted);
      await sweepIfDue(state, group);
      return {
        nextSequenceToken: sequenceToken(nextSequence),
        ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
      };
    },
  };
}

function checkBatch(events: readonly EventInput[], limits: LogsLimits): void {
  let batchBytes = 0;
  let previous = 0;
  for (const { timestamp, message } of events) {
    const bytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (bytes > limits.eventBytesMax) throw eventTooLarge(bytes, limits.eventBytesMax);
    if (timestamp < previous) throw unorderedBatch();
    previous = timestamp;
    batchBytes += bytes;
  }
  if (batchBytes > limits.batchBytesMax) throw batchTooLarge(batchBytes, limits.batchBytesMax);
}

function checkSpan(accepted: readonly EventInput[], limits: LogsLimits): void {
  const first = accepted.at(0);
  const last = accepted.at(-1);
  if (first !== undefined && last !== undefined && last.timestamp - first.timestamp > limits.batchSpanMs) {
    throw batchSpanTooLong();
  }
}

/** Takes out events past the age limit or the retention, and events from the future. The batch is in order. */
function sift(
  state: LogsState,
  group: LogGroupRecord,
  events: readonly EventInput[],
): { readonly accepted: readonly EventInput[]; readonly rejected: RejectedLogEventsInfo | undefined } {
  const { limits } = state;
  const now = state.clock.now();
  const firstAtOrAfter = (timeMs: number): number => {
    const index = events.findIndex((event) => event.timestamp >= timeMs);
    return index === -1 ? events.length : index;
  };
  const tooOldEnd = firstAtOrAfter(now - limits.eventAgeMs);
  const expiredEnd = firstAtOrAfter(retentionCutoff(group, now));
  const tooNewStart = firstAtOrAfter(now + limits.eventAheadMs + 1);
  const rejected: RejectedLogEventsInfo = {
    ...(tooOldEnd > 0 ? { tooOldLogEventEndIndex: tooOldEnd } : {}),
    ...(expiredEnd > 0 ? { expiredLogEventEndIndex: expiredEnd } : {}),
    ...(tooNewStart < events.length ? { tooNewLogEventStartIndex: tooNewStart } : {}),
  };
  return {
    accepted: events.slice(Math.max(tooOldEnd, expiredEnd), tooNewStart),
    rejected: Object.keys(rejected).length === 0 ? undefined : rejected,
  };
}

/** Resolves with the sequence that the stream's next event will have. */
function append(
  state: LogsState,
  group: LogGroupRecord,
  stream: LogStreamRecord,
  events: readonly EventInput[],
): Promise<number> {
  const journal = journalName(group.id, stream.id);
  return state.streamLock.run(journal, async () => {
    const path = streamPath(group.id, stream.name);
    const [info, current] = await Promise.all([state.journals.stat(journal), state.streams.get(path)]);
    if (current?.id !== stream.id) throw streamNotFound();
    if (events.length === 0) return info?.nextSequence ?? 1;
    const ingestionTime = state.clock.now();
    let highWater = info?.lastTimeMs ?? 0;
    let disorderMs = 0;
    const entries = events.map(({ timestamp, message }) => {
      disorderMs = Math.max(disorderMs, highWater - timestamp);
      highWater = Math.max(highWater, timestamp);
      return { timeMs: highWater, body: encodeEvent({ timestamp, ingestionTime, message }) };
    });
    if (disorderMs > current.disorderMs) await admitDisorder(state, path, Math.max(disorderMs, 2 * current.disorderMs));
    const first = await state.journals.append(journal, entries);
    await announceIngestion(state, group.id, {
      streamId: stream.id,
      streamName: stream.name,
      from: first,
      count: entries.length,
    });
    return first + entries.length;
  });
}

/**
 * Before events are appended later than the stream's record says, makes it say so. That the caller doubles what was there
 * keeps the number of record writes in a stream's life small.
 */
async function admitDisorder(state: LogsState, path: string, disorderMs: number): Promise<void> {
  await state.streams.update(path, (record) => ({ ...record, disorderMs: Math.max(record.disorderMs, disorderMs) }));
}
