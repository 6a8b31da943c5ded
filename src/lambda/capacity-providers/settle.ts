/** Takes a capacity provider out of a state that passes: Pending becomes Active, what is Deleting goes. */
import type { ControlPlane } from "../control-plane.ts";
import { placePath } from "../records.ts";
import type { CapacityProviderRecord } from "./records.ts";

export async function settleCapacityProvider(plane: ControlPlane, record: CapacityProviderRecord): Promise<void> {
  const path = placePath(record, record.name);
  if (record.state === "Deleting") {
    await plane.capacityProviders.remove(path, () => undefined);
    return;
  }
  await plane.capacityProviders.change(path, (current) =>
    current?.state === "Pending" ? { ...current, state: "Active" } : undefined,
  );
}
