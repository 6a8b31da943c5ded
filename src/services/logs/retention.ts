/**
 * Retention: events past a group's period are never shown (readers apply the cut-off), and their bytes are given back by
 * sweeps that go on a few streams at a time when the period is set and when events arrive, at most one round an hour. No
 * timer runs.
 */
import { journalName, type LogGroupRecord, type LogStreamRecord } from "./records.ts";
import { type LogsState, retentionCutoff } from "./state.ts";

/** Starts a new round through the group's streams. */
export async function beginSweep(state: LogsState, group: LogGroupRecord): Promise<void> {
  state.sweeps.delete(group.id);
  await sweepIfDue(state, group);
}

/** Takes the next step of the round, or the first of a new one when the last round ended long ago. */
export async function sweepIfDue(state: LogsState, group: LogGroupRecord): Promise<void> {
  const { clock, limits, streams } = state;
  if (group.retentionDays === undefined) return;
  const sweep = state.sweeps.get(group.id);
  const now = clock.now();
  if (sweep !== undefined && sweep.after === undefined && now - sweep.endedAt < limits.sweepIntervalMs) return;
  const step = await streams.list(`${group.id}/`, { after: sweep?.after, limit: limits.sweepStreams });
  const cutoff = retentionCutoff(group, now);
  for (const { value: stream } of step) await trimStream(state, group, stream, cutoff);
  const after = step.length < limits.sweepStreams ? undefined : step.at(-1)?.path;
  state.sweeps.set(group.id, { after, endedAt: now });
}

async function trimStream(
  state: LogsState,
  group: LogGroupRecord,
  stream: LogStreamRecord,
  cutoff: number,
): Promise<void> {
  const { journals, streamLock } = state;
  const journal = journalName(group.id, stream.id);
  await streamLock.run(journal, async () => {
    const info = await journals.stat(journal);
    if (info !== undefined && info.firstTimeMs < cutoff) {
      await journals.trim(journal, await journals.seek(journal, cutoff));
    }
  });
}
