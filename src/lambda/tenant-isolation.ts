/** Whether a function isolates tenants, as records keep it. Apart from what refuses, which loads the client package. */
import type { FunctionSettings } from "./records.ts";

/** Set where an environment serves one tenant only. Versions of before kept it among what had no effect. */
export function tenantIsolationOf(settings: FunctionSettings): "PER_TENANT" | undefined {
  return settings.tenantIsolation ?? (settings.withoutEffect["TenancyConfig"] === undefined ? undefined : "PER_TENANT");
}
