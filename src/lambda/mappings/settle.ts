/** Takes a mapping out of a state that passes: what is Creating becomes Enabled, what is Deleting goes. */
import type { ControlPlane } from "../control-plane.ts";
import { unclaim } from "./claims.ts";
import { isPassing, type MappingRecord, mappingPath } from "./records.ts";

export async function settleMapping(plane: ControlPlane, record: MappingRecord): Promise<void> {
  const path = mappingPath(record, record.uuid);
  if (record.state === "Deleting") {
    // First the claim, so that whoever sees the mapping gone can map its source again.
    await unclaim(plane, record);
    await plane.mappings.remove(path, () => undefined);
    return;
  }
  await plane.mappings.change(path, (current) =>
    current !== undefined && isPassing(current) && current.state !== "Deleting"
      ? { ...current, state: current.enabled ? "Enabled" : "Disabled" }
      : undefined,
  );
}
