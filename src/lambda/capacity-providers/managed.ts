/** What functions with a capacity provider may and may not be: "managed instances" of the Lambda developer guide. */
import type { Place } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { invalidParameter, notFound, providerVersionLimit } from "../errors.ts";
import { LATEST_PUBLISHED } from "../names.ts";
import { type FunctionRecord, type FunctionSettings, placePath } from "../records.ts";
import { isManaged, parseCapacityProvider, providerArnOf } from "./names.ts";

/** Runtimes that can serve several invocations at once. */
const RUNTIMES =
  /^(nodejs(2[2-9]|[3-9]\d)\.x|python3\.(1[3-9]|[2-9]\d)|java2[1-9]|dotnet([89]|\d\d)|provided\.al2023)$/;

/** Throws for settings that a function with a capacity provider cannot have. */
export function requireManageable(plane: ControlPlane, settings: FunctionSettings, place: Place): void {
  const arn = providerArnOf(settings);
  if (arn === undefined) return;
  const reference = parseCapacityProvider(arn, place);
  const isHere = reference.region === place.region && reference.accountId === place.accountId;
  if (!isHere || plane.capacityProviders.get(placePath(place, reference.name)) === undefined) {
    throw notFound(`Capacity provider not found: ${arn}`);
  }
  const { VpcConfig: network, SnapStart: snapStart } = settings.withoutEffect;
  const refused = [
    [isNamed(network, "SubnetIds"), "VpcConfig"],
    [Object(snapStart ?? {}).ApplyOn === "PublishedVersions", "SnapStart"],
    [settings.tenantIsolation !== undefined, "TenancyConfig"],
  ] as const;
  for (const [isGiven, member] of refused) {
    if (isGiven) throw invalidParameter(`${member} is not supported for functions with a capacity provider.`);
  }
  if (settings.runtime !== undefined && !RUNTIMES.test(settings.runtime)) {
    throw invalidParameter(`The runtime ${settings.runtime} is not supported for functions with a capacity provider.`);
  }
}

/** Throws when the record is of a function with a capacity provider, whose concurrency is that of its environments. */
export function requireOnDemand(record: FunctionRecord, what: string): void {
  if (!isManaged(record)) return;
  throw invalidParameter(`${what} is not supported for functions with a capacity provider.`);
}

/** `PublishTo` is for functions with a capacity provider, whose published versions are counted. */
export function requirePublishable(plane: ControlPlane, record: FunctionRecord, publishTo: string | undefined): void {
  const arn = providerArnOf(record.latest.settings);
  if (arn === undefined) {
    if (publishTo === undefined) return;
    throw invalidParameter("PublishTo is supported for functions with a capacity provider only.");
  }
  const limit = plane.quotas.versionsPerCapacityProvider;
  let count = publishTo !== undefined && record.versions.some(({ version }) => version === LATEST_PUBLISHED) ? 0 : 1;
  for (const other of plane.directory.functions(record)) {
    if (providerArnOf(other.latest.settings) === arn) count += other.versions.length;
  }
  if (count > limit) throw providerVersionLimit(limit);
}

function isNamed(value: unknown, member: string): boolean {
  const list: unknown = Object(value ?? {})[member];
  return Array.isArray(list) && list.length > 0;
}
