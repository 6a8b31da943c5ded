/**
 * What the handlers of CloudWatch Logs share: ports, tables, the lock that keeps appends to one stream in order, and how
 * a request's group and stream are found. Invariant: whoever appends to, trims or deletes a stream holds its lock.
 */
import type * as client from "@aws-sdk/client-cloudwatch-logs";
import { BoundedMap, type Clock, type Random } from "../../base/index.ts";
import type { Journals, RecordTable, Store } from "../../store/index.ts";
import type { Call } from "../../wire/index.ts";
import { KeyedLock } from "../kit/index.ts";
import { parseGroupIdentifier } from "./arns.ts";
import { groupNotFound, nameAndIdentifier, nameOrIdentifier, streamNotFound } from "./errors.ts";
import type { LogsLimits } from "./limits.ts";
import {
  groupPath,
  groupTable,
  journalName,
  type LogGroupRecord,
  type LogStreamRecord,
  streamPath,
  streamTable,
} from "./records.ts";

export type LogsClient = typeof client;

export interface LogsPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

export interface LogsState extends LogsPorts {
  readonly limits: LogsLimits;
  readonly journals: Journals;
  readonly groups: RecordTable<LogGroupRecord>;
  readonly streams: RecordTable<LogStreamRecord>;
  /** By journal name. */
  readonly streamLock: KeyedLock;
  /** Group id → how far its last retention sweep came: a path to go on after, or its end. */
  readonly sweeps: BoundedMap<string, { readonly after: string | undefined; readonly endedAt: number }>;
}

export function createLogsState(ports: LogsPorts, limits: LogsLimits): LogsState {
  return {
    ...ports,
    limits,
    journals: ports.store.journals,
    groups: groupTable(ports.store),
    streams: streamTable(ports.store),
    streamLock: new KeyedLock(),
    sweeps: new BoundedMap(limits.sweptGroupsMax),
  };
}

/** The group of this name. Throws ResourceNotFoundException. */
export async function getGroup(state: LogsState, call: Call, name: string): Promise<LogGroupRecord> {
  const group = await state.groups.get(groupPath(call, name));
  if (group === undefined) throw groupNotFound();
  return group;
}

/** The group that a request names by name or by identifier (a name or an ARN). */
export async function getIdentifiedGroup(
  state: LogsState,
  call: Call,
  input: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
): Promise<LogGroupRecord> {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) throw nameAndIdentifier();
  if (logGroupName !== undefined) return getGroup(state, call, logGroupName);
  if (logGroupIdentifier === undefined) throw nameOrIdentifier();
  return getGroup(state, call, parseGroupIdentifier(call, logGroupIdentifier));
}

/** The stream of this name. Throws ResourceNotFoundException. */
export async function getStream(state: LogsState, group: LogGroupRecord, name: string): Promise<LogStreamRecord> {
  const stream = await state.streams.get(streamPath(group.id, name));
  if (stream === undefined) throw streamNotFound();
  return stream;
}

const DAY_MS = 86_400_000;

/** Events before this time are past the group's retention. */
export function retentionCutoff(group: LogGroupRecord, now: number): number {
  return group.retentionDays === undefined ? 0 : Math.max(0, now - group.retentionDays * DAY_MS);
}

/** Removes a stream's events, then its record: a crash in between leaves an empty stream that can be deleted again. */
export async function deleteStream(state: LogsState, group: LogGroupRecord, stream: LogStreamRecord): Promise<void> {
  const journal = journalName(group.id, stream.id);
  await state.streamLock.run(journal, async () => {
    await state.journals.delete(journal);
    await state.streams.delete(streamPath(group.id, stream.name));
  });
}
