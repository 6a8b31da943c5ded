/** Takes up what a killed server left in a state that passes. */
import type { CapacityProviderRecord } from "./capacity-providers/records.ts";
import { settleCapacityProvider } from "./capacity-providers/settle.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { MappingRecord } from "./mappings/records.ts";
import { settleMapping } from "./mappings/settle.ts";

export function resumeSettling(
  plane: ControlPlane,
  passing: { readonly mappings: readonly MappingRecord[]; readonly providers: readonly CapacityProviderRecord[] },
): void {
  for (const mapping of passing.mappings) plane.settling.begin(mapping.uuid, () => settleMapping(plane, mapping));
  for (const provider of passing.providers) {
    plane.settling.begin(provider.name, () => settleCapacityProvider(plane, provider));
  }
}
