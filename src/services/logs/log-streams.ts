/**
 * Log streams: create, delete, describe. What describe says about a stream's events comes from its journal, so that
 * ingestion never writes the stream's record.
 */
import type { LogStream } from "@aws-sdk/client-cloudwatch-logs";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import type { Call, Handlers, OperationInput } from "../../wire/index.ts";
import { chunks } from "../kit/index.ts";
import { streamArn } from "./arns.ts";
import { invalidToken, lastEventTimeWithPrefix, streamExists } from "./errors.ts";
import { sequenceToken } from "./positions.ts";
import { decodeEvent, journalName, type LogGroupRecord, type LogStreamRecord, streamPath } from "./records.ts";
import { deleteStream, getGroup, getIdentifiedGroup, getStream, type LogsClient, type LogsState } from "./state.ts";

const ID_BYTES = 8;

export function logStreamHandlers(state: LogsState): Handlers<LogsClient> {
  return {
    async CreateLogStream(input, call) {
      const group = await getGroup(state, call, input.logGroupName);
      const created = await state.streams.create(streamPath(group.id, input.logStreamName), {
        name: input.logStreamName,
        id: state.random.hex(ID_BYTES),
        createdAt: state.clock.now(),
        disorderMs: 0,
      });
      if (!created) throw streamExists();
      return {};
    },

    async DeleteLogStream(input, call) {
      const group = await getGroup(state, call, input.logGroupName);
      await deleteStream(state, group, await getStream(state, group, input.logStreamName));
      return {};
    },

    async DescribeLogStreams(input, call) {
      const byTime = input.orderBy === "LastEventTime";
      if (byTime && input.logStreamNamePrefix !== undefined) throw lastEventTimeWithPrefix();
      const group = await getIdentifiedGroup(state, call, input);
      const page = byTime ? await pageByTime(state, group, input) : await pageByName(state, group, input);
      const logStreams = await Promise.all(page.streams.map((stream) => describeStream(state, call, group, stream)));
      return { logStreams, ...(page.nextToken === undefined ? {} : { nextToken: page.nextToken }) };
    },
  };
}

type DescribeInput = OperationInput<LogsClient, "DescribeLogStreams">;

interface StreamPage {
  readonly streams: readonly LogStreamRecord[];
  readonly nextToken?: string;
}

async function pageByName(state: LogsState, group: LogGroupRecord, input: DescribeInput): Promise<StreamPage> {
  const limit = input.limit ?? state.limits.describePageMax;
  const start = streamPath(group.id, input.logStreamNamePrefix ?? "");
  const position = positionOf("names", input.nextToken);
  if (input.descending === true) return pageBackwards(state, start, position, limit);
  const entries = await state.streams.list(start, {
    limit: limit + 1,
    after: position,
  });
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  const more = entries.length > limit && last !== undefined;
  return {
    streams: shown.map((entry) => entry.value),
    ...(more ? { nextToken: encodePageToken("names", last.path) } : {}),
  };
}

/** The port lists upwards only, so the last `limit` paths before `position` are kept while going through the group. */
async function pageBackwards(
  state: LogsState,
  start: string,
  position: string | undefined,
  limit: number,
): Promise<StreamPage> {
  const kept: { path: string; value: LogStreamRecord }[] = [];
  for await (const entry of state.streams.scan(start)) {
    if (position !== undefined && entry.path === position) break;
    kept.push(entry);
    if (kept.length > limit + 1) kept.shift();
  }
  const more = kept.length > limit;
  const shown = (more ? kept.slice(1) : kept).reverse();
  const last = shown.at(-1);
  return {
    streams: shown.map((entry) => entry.value),
    ...(more && last !== undefined ? { nextToken: encodePageToken("names", last.path) } : {}),
  };
}

async function pageByTime(state: LogsState, group: LogGroupRecord, input: DescribeInput): Promise<StreamPage> {
  const limit = input.limit ?? state.limits.describePageMax;
  const position = positionOf("times", input.nextToken);
  const ranked: { rank: string; stream: LogStreamRecord }[] = [];
  for await (const entries of chunks(state.streams.scan(`${group.id}/`), state.limits.lookupsAtOnce)) {
    if (ranked.length >= state.limits.streamsMax) break;
    const rank = async ({ value: stream }: { value: LogStreamRecord }) => {
      const info = await state.journals.stat(journalName(group.id, stream.id));
      return { rank: `${String(info?.lastTimeMs ?? 0).padStart(16, "0")} ${stream.name}`, stream };
    };
    ranked.push(...(await Promise.all(entries.map(rank))));
  }
  const direction = input.descending === true ? -1 : 1;
  const compare = (one: string, other: string): number => direction * (one < other ? -1 : one > other ? 1 : 0);
  ranked.sort((one, other) => compare(one.rank, other.rank));
  const rest = position === undefined ? ranked : ranked.filter((entry) => compare(entry.rank, position) > 0);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    streams: shown.map((entry) => entry.stream),
    ...(rest.length > limit && last !== undefined ? { nextToken: encodePageToken("times", last.rank) } : {}),
  };
}

function positionOf(kind: string, token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const position = decodePageToken(kind, token);
  if (position === undefined) throw invalidToken();
  return position;
}

async function describeStream(
  state: LogsState,
  call: Call,
  group: LogGroupRecord,
  stream: LogStreamRecord,
): Promise<LogStream> {
  const journal = journalName(group.id, stream.id);
  const described: LogStream = {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    arn: streamArn(call, group.name, stream.name),
    storedBytes: 0,
  };
  const info = await state.journals.stat(journal);
  const [newest] = info === undefined ? [] : await state.journals.readBackwards(journal, { limit: 1 });
  if (info === undefined || newest === undefined) return described;
  return {
    ...described,
    firstEventTimestamp: info.firstTimeMs,
    lastEventTimestamp: info.lastTimeMs,
    lastIngestionTime: decodeEvent(newest.body).ingestionTime,
    uploadSequenceToken: sequenceToken(info.nextSequence),
  };
}
