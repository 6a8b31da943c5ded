/**
 * Takes mappings out of the states that pass: what is Creating becomes Enabled, what is Deleting goes. The answer of the
 * operation has shown the state by then. What a killed server left unsettled is taken up again at its start.
 */
import type { ControlPlane } from "../control-plane.ts";
import { unclaim } from "./claims.ts";
import { isPassing, type MappingRecord, mappingPath } from "./records.ts";

export class MappingSettler {
  readonly #running = new Set<Promise<void>>();

  /** Begins; does not wait. */
  settle(plane: ControlPlane, record: MappingRecord): void {
    const settling = settle(plane, record)
      .catch((error: unknown) => plane.log.warn("a mapping could not be settled", { uuid: record.uuid, error }))
      .finally(() => void this.#running.delete(settling));
    this.#running.add(settling);
  }

  /** Resolves when nothing is being settled any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}

async function settle(plane: ControlPlane, record: MappingRecord): Promise<void> {
  const path = mappingPath(record, record.uuid);
  if (record.state === "Deleting") {
    await plane.mappings.remove(path, () => undefined);
    await unclaim(plane, record);
    return;
  }
  await plane.mappings.change(path, (current) =>
    current !== undefined && isPassing(current) && current.state !== "Deleting"
      ? { ...current, state: current.enabled ? "Enabled" : "Disabled" }
      : undefined,
  );
}
