/**
 * Puts one batch into one log stream through the log service's public API: makes group and stream when they are missing,
 * tries again what may pass, and says how many events were lost. Never throws.
 */
import type { InputLogEvent, PutLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { backoff, type Clock, pause } from "../base/index.ts";
import type { ServiceClient } from "../wire/index.ts";
import type { LogSinkLimits } from "./limits.ts";

export type LogsApi = ServiceClient<typeof import("@aws-sdk/client-cloudwatch-logs")>;

export interface StreamName {
  readonly logGroupName: string;
  readonly logStreamName: string;
}

export interface PutOutcome {
  readonly lost: number;
  /** Why, when something was lost. */
  readonly cause?: unknown;
}

export interface PutOptions {
  readonly clock: Clock;
  readonly limits: LogSinkLimits;
  /** Ends the waits between tries. */
  readonly signal: AbortSignal;
  /** Nothing was put into the stream yet: it is made first, since it is hardly ever there. */
  readonly isNew: boolean;
}

export async function putBatch(
  api: LogsApi,
  name: StreamName,
  logEvents: { timestamp: number; message: string }[],
  { clock, limits, signal, isNew }: PutOptions,
): Promise<PutOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (isNew && attempt === 1) await makeStream(api, name);
      return { lost: countRejected(await putOnce(api, name, logEvents), logEvents) };
    } catch (error) {
      if (attempt === limits.attemptsMax || signal.aborted || !mayPass(error)) {
        return { lost: logEvents.length, cause: error };
      }
    }
    // An abort only ends the wait, and one more try follows.
    await pause(clock, backoff(attempt, { minMs: limits.retryDelayMs, maxMs: limits.retryDelayMsMax }), signal);
  }
}

async function putOnce(
  api: LogsApi,
  name: StreamName,
  logEvents: { timestamp: number; message: string }[],
): Promise<PutLogEventsResponse> {
  try {
    return await api.call("PutLogEvents", { ...name, logEvents });
  } catch (error) {
    if (!isNamed(error, "ResourceNotFoundException")) throw error;
  }
  await makeStream(api, name);
  return api.call("PutLogEvents", { ...name, logEvents });
}

async function makeStream(api: LogsApi, name: StreamName): Promise<void> {
  const make = (): Promise<void> => unlessExists(api.call("CreateLogStream", { ...name }));
  try {
    await make();
  } catch (error) {
    if (!isNamed(error, "ResourceNotFoundException")) throw error;
    await unlessExists(api.call("CreateLogGroup", { logGroupName: name.logGroupName }));
    await make();
  }
}

async function unlessExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isNamed(error, "ResourceAlreadyExistsException")) throw error;
  }
}

/** Errors that name the request as wrong will name it so again; anything else may be over by the next try. */
function mayPass(error: unknown): boolean {
  return ![
    "AccessDeniedException",
    "InvalidParameterException",
    "UnrecognizedClientException",
    "ValidationException",
  ].some((name) => isNamed(error, name));
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function countRejected({ rejectedLogEventsInfo: info }: PutLogEventsResponse, sent: readonly InputLogEvent[]): number {
  const atStart = Math.max(info?.tooOldLogEventEndIndex ?? 0, info?.expiredLogEventEndIndex ?? 0);
  return atStart + (sent.length - (info?.tooNewLogEventStartIndex ?? sent.length));
}
