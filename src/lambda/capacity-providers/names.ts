/** Names and ARNs of capacity providers, and which one a function's settings name. */
import { type Place, parseArn, partitionOf } from "../../wire/index.ts";
import { memberOf } from "../json-members.ts";
import type { FunctionRecord, FunctionSettings } from "../records.ts";

export function capacityProviderArn(at: Place, name: string): string {
  return `arn:${partitionOf(at.region)}:lambda:${at.region}:${at.accountId}:capacity-provider:${name}`;
}

/** Reads a name, which is one of `place`, or an ARN. */
export function parseCapacityProvider(given: string, place: Place): Place & { readonly name: string } {
  const arn = parseArn(given);
  if (arn === undefined) return { accountId: place.accountId, region: place.region, name: given };
  const { accountId, region, resource } = arn;
  return { accountId, region, name: resource.slice(resource.indexOf(":") + 1) };
}

/** The provider that a function's environments are to be on; undefined for an ordinary function. */
export function providerArnOf(settings: Pick<FunctionSettings, "withoutEffect">): string | undefined {
  const config = memberOf(
    settings.withoutEffect["CapacityProviderConfig"],
    "LambdaManagedInstancesCapacityProviderConfig",
  );
  const arn = memberOf(config, "CapacityProviderArn");
  return typeof arn === "string" ? arn : undefined;
}

export function isManaged(record: FunctionRecord): boolean {
  return providerArnOf(record.latest.settings) !== undefined;
}
