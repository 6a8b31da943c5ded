/**
 * TenancyConfig: a function that isolates tenants gives each of them environments of its own. Decided when the function is
 * created, for good, and not to be had together with what keeps or shares environments for nobody in particular.
 */
import { invalidParameter } from "./errors.ts";
import type { FunctionSettings } from "./records.ts";
import { tenantIsolationOf } from "./tenant-isolation.ts";

type Given = { readonly TenantIsolationMode: string | undefined } | undefined;

/** Settings of a new function. Throws for what cannot be had together. */
export function withTenancy(settings: FunctionSettings, given: Given, snapStart: string | undefined): FunctionSettings {
  if (given?.TenantIsolationMode === undefined) return settings;
  if (snapStart === "PublishedVersions") throw notForTenants("SnapStart");
  return { ...settings, tenantIsolation: "PER_TENANT" };
}

/** Throws when the function isolates tenants; AWS documents that `feature` cannot be had then, but not its words. */
export function requireNoTenancy(settings: FunctionSettings, feature: string): void {
  if (tenantIsolationOf(settings) !== undefined) throw notForTenants(feature);
}

function notForTenants(feature: string): Error {
  return invalidParameter(`${feature} is not supported for functions enabled with tenancy configuration.`);
}
