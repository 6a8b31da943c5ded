/**
 * A function's log events in order of time, once each, from the public CloudWatch Logs API. Knows nothing of how they are
 * stored.
 */

import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { type LogsAccess, lambdaAccess, logsAccess } from "./clients.ts";
import type { ClientConfig } from "./config.ts";
import { FOLLOW_LATE_MS, FOLLOW_POLL_MS, FOLLOW_SEEN_MAX, LOG_PAGES_MAX } from "./limits.ts";
import { pause } from "./pause.ts";
import type { Terminal } from "./terminal.ts";

export interface LogQuery {
  readonly config: ClientConfig;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  readonly filter: string | undefined;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Shows what there is; resolves with the number of events. */
export async function showLog(query: LogQuery): Promise<number> {
  const access = await logsAccess(query.config);
  try {
    let shown = 0;
    for await (const event of eventsSince(access, await groupOf(query), query, query.sinceMs)) {
      show(event, query.terminal);
      shown += 1;
    }
    return shown;
  } finally {
    access.client.destroy();
  }
}

/** Shows what there is and what comes, until the signal. */
export async function followLog(query: LogQuery): Promise<void> {
  const access = await logsAccess(query.config);
  try {
    const group = await groupOf(query);
    const seen = new Set<string>();
    let newest = query.sinceMs;
    while (!query.signal.aborted) {
      const from = Math.max(query.sinceMs, newest - FOLLOW_LATE_MS);
      for await (const event of eventsSince(access, group, query, from)) {
        if (event.eventId !== undefined && seen.has(event.eventId)) continue;
        if (event.eventId !== undefined) remember(seen, event.eventId);
        show(event, query.terminal);
        newest = Math.max(newest, event.timestamp ?? newest);
      }
      await pause(FOLLOW_POLL_MS, query.signal);
    }
  } finally {
    access.client.destroy();
  }
}

async function* eventsSince(
  { sdk, client }: LogsAccess,
  group: string,
  query: LogQuery,
  from: number,
): AsyncGenerator<FilteredLogEvent> {
  let nextToken: string | undefined;
  for (let page = 0; page < LOG_PAGES_MAX && !query.signal.aborted; page += 1) {
    const command = new sdk.FilterLogEventsCommand({
      logGroupName: group,
      startTime: from,
      ...(query.filter === undefined ? {} : { filterPattern: query.filter }),
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    try {
      const answer = await client.send(command);
      yield* answer.events ?? [];
      nextToken = answer.nextToken;
    } catch (error) {
      // A function that has not run yet has no log group.
      if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
    }
    if (nextToken === undefined) return;
  }
}

async function groupOf({ config, name }: LogQuery): Promise<string> {
  const { sdk, client } = await lambdaAccess(config);
  try {
    const configuration = await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: name }));
    return configuration.LoggingConfig?.LogGroup ?? `/aws/lambda/${configuration.FunctionName}`;
  } finally {
    client.destroy();
  }
}

function show(event: FilteredLogEvent, terminal: Terminal): void {
  if (terminal.json) terminal.data(event);
  else {
    const time = new Date(event.timestamp ?? 0).toISOString();
    terminal.print(`${terminal.style("dim", time)} ${(event.message ?? "").trimEnd()}`);
  }
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  if (seen.size <= FOLLOW_SEEN_MAX) return;
  const [oldest] = seen;
  if (oldest !== undefined) seen.delete(oldest);
}
