/**
 * StartLiveTail: a session that gets news of stored events, reads them from their journals, and passes on once a second
 * what matches. More than 500 matches a second are sampled down; what a slow reader leaves waiting is bounded, and the
 * oldest is dropped. Costs nothing while no session is open.
 */
import type {
  LiveTailSessionLogEvent,
  LiveTailSessionStart,
  StartLiveTailResponseStream,
} from "@aws-sdk/client-cloudwatch-logs";
import { sleep } from "../../base/index.ts";
import type { Call, Handlers, OperationInput } from "../../wire/index.ts";
import { oneGroupForStreams, sessionTimedOut } from "./errors.ts";
import { compileFilterPattern, type FilterPattern } from "./filter-patterns.ts";
import { hearIngestion, type IngestionNews } from "./ingestion-news.ts";
import { decodeEvent, journalName, type LogGroupRecord } from "./records.ts";
import { getIdentifiedGroup, type LogsClient, type LogsState } from "./state.ts";

type TailInput = OperationInput<LogsClient, "StartLiveTail">;

interface GroupNews {
  readonly group: LogGroupRecord;
  readonly accountId: string;
  readonly news: IngestionNews;
}

export function liveTailHandlers(state: LogsState): Handlers<LogsClient> {
  return {
    async StartLiveTail(input, call) {
      const matches = compileFilterPattern(input.logEventFilterPattern ?? "");
      const streamCount = (input.logStreamNames?.length ?? 0) + (input.logStreamNamePrefixes?.length ?? 0);
      if (streamCount > 0 && input.logGroupIdentifiers.length > 1) throw oneGroupForStreams();
      const groups: LogGroupRecord[] = [];
      for (const logGroupIdentifier of input.logGroupIdentifiers) {
        groups.push(await getIdentifiedGroup(state, call, { logGroupIdentifier }));
      }
      return { responseStream: runSession(state, call, input, groups, matches) };
    },
  };
}

async function* runSession(
  state: LogsState,
  call: Call,
  input: TailInput,
  groups: readonly LogGroupRecord[],
  matches: FilterPattern,
): AsyncGenerator<StartLiveTailResponseStream> {
  const { limits, clock } = state;
  const waiting: GroupNews[] = [];
  await using subscriptions = new AsyncDisposableStack();
  for (const group of groups) {
    const hear = (news: IngestionNews): void => {
      if (!isTailed(input, news.streamName)) return;
      waiting.push({ group, accountId: call.accountId, news });
      if (waiting.length > limits.liveTailNewsMax) waiting.shift();
    };
    subscriptions.use(await hearIngestion(state, group.id, hear));
  }

  yield { sessionStart: describeSession(state, call, input) };
  const endsAt = clock.monotonicMs() + limits.liveTailSessionMs;
  while (clock.monotonicMs() < endsAt) {
    if (!(await untilNextUpdate(state, call.signal))) return;
    const { results, sampled } = await collect(state, waiting.splice(0), matches);
    yield { sessionUpdate: { sessionMetadata: { sampled }, sessionResults: results } };
  }
  yield { SessionTimeoutException: sessionTimedOut() };
}

/** False when the caller has gone. */
async function untilNextUpdate(state: LogsState, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(state.clock, state.limits.liveTailIntervalMs, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function isTailed(input: TailInput, streamName: string): boolean {
  const { logStreamNames: names, logStreamNamePrefixes: prefixes } = input;
  if (names === undefined && prefixes === undefined) return true;
  return (names?.includes(streamName) ?? false) || (prefixes?.some((prefix) => streamName.startsWith(prefix)) ?? false);
}

async function collect(
  state: LogsState,
  waiting: readonly GroupNews[],
  matches: FilterPattern,
): Promise<{ readonly results: LiveTailSessionLogEvent[]; readonly sampled: boolean }> {
  const max = state.limits.liveTailEventsPerSecond;
  const results: LiveTailSessionLogEvent[] = [];
  let matched = 0;
  for (const { group, accountId, news } of waiting) {
    const journal = journalName(group.id, news.streamId);
    const entries = await state.journals.read(journal, { from: news.from, limit: news.count });
    for (const entry of entries) {
      const event = decodeEvent(entry.body);
      if (!matches(event.message)) continue;
      matched++;
      if (results.length === max) continue;
      results.push({ ...event, logStreamName: news.streamName, logGroupIdentifier: `${accountId}:${group.name}` });
    }
  }
  return { results, sampled: matched > results.length };
}

function describeSession(state: LogsState, call: Call, input: TailInput): LiveTailSessionStart {
  return {
    requestId: call.requestId,
    sessionId: state.random.uuid(),
    logGroupIdentifiers: input.logGroupIdentifiers,
    logStreamNames: input.logStreamNames ?? [],
    logStreamNamePrefixes: input.logStreamNamePrefixes ?? [],
    logEventFilterPattern: input.logEventFilterPattern ?? "",
  };
}
