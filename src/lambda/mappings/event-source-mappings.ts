/**
 * Event source mappings for whoever polls their sources: what is configured, every change, and a way to say how it went.
 * A mapping is to be polled while its state is Enabled, and from the moment it is.
 */
import type { ShownTable } from "../shown-table.ts";
import { type MappingRecord, mappingPath } from "./records.ts";

/** What the API shows of the work: `LastProcessingResult` and `StateTransitionReason`. */
export interface MappingReport {
  readonly lastProcessingResult?: string;
  readonly stateReason?: string;
}

export interface EventSourceMappings {
  /** All, of every account and region. */
  all(): readonly MappingRecord[];
  /** Tells of every change after it is shown; `mapping` is undefined when it is gone. */
  onChange(listen: (uuid: string, mapping: MappingRecord | undefined) => void): Disposable;
  /** Keeps what became of the last batch. Writes nothing when that is shown already, or the mapping is gone. */
  report(mapping: MappingRecord, report: MappingReport): Promise<void>;
}

export function eventSourceMappings(table: ShownTable<MappingRecord>): EventSourceMappings {
  return {
    all: () => table.list(),
    onChange: (listen) => table.onChange(({ path, value }) => listen(path.slice(path.lastIndexOf("/") + 1), value)),
    async report(mapping, report) {
      await table.change(mappingPath(mapping, mapping.uuid), (current) => {
        if (current === undefined) return undefined;
        const next = { ...current, ...report };
        const isNews =
          next.lastProcessingResult !== current.lastProcessingResult || next.stateReason !== current.stateReason;
        return isNews ? next : undefined;
      });
    },
  };
}
