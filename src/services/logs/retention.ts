/**
 * Retention: events past a group's period are never shown (readers apply the cut-off), and their bytes are given back by
 * sweeps that happen when the period is set and, at most once an hour, when events arrive. No timer runs.
 */
import { journalName, type LogGroupRecord } from "./records.ts";
import { type LogsState, retentionCutoff } from "./state.ts";

/** Trims every stream of the group to its retention period. */
export async function sweepExpired(state: LogsState, group: LogGroupRecord): Promise<void> {
  rememberSweep(state, group.id);
  const cutoff = retentionCutoff(group, state.clock.now());
  if (cutoff === 0) return;
  for await (const { value: stream } of state.streams.scan(`${group.id}/`)) {
    const journal = journalName(group.id, stream.id);
    await state.streamLock.run(journal, async () => {
      const info = await state.journals.stat(journal);
      if (info === undefined || info.firstTimeMs >= cutoff) return;
      await state.journals.trim(journal, await state.journals.seek(journal, cutoff));
    });
  }
}

/** Sweeps when the group has a retention period and its last sweep was long ago. */
export async function sweepIfDue(state: LogsState, group: LogGroupRecord): Promise<void> {
  if (group.retentionDays === undefined) return;
  const last = state.sweptAt.get(group.id);
  if (last === undefined || state.clock.now() - last >= state.limits.retentionSweepMs) await sweepExpired(state, group);
}

function rememberSweep(state: LogsState, groupId: string): void {
  const { sweptAt } = state;
  sweptAt.delete(groupId);
  sweptAt.set(groupId, state.clock.now());
  if (sweptAt.size > state.limits.sweptGroupsMax) {
    const oldest = sweptAt.keys().next();
    if (!oldest.done) sweptAt.delete(oldest.value);
  }
}
