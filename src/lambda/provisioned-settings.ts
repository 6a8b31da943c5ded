/**
 * What a function's record says on provisioned concurrency and scaling, as pure questions: which setting serves a qualifier,
 * how much concurrency the function has for itself, and which environments are to be kept ready.
 */
import type { FunctionVersion, ProvisionedTarget } from "../environments/index.ts";
import type { AliasRecord, FunctionRecord, ProvisionedRecord, ScalingRecord } from "./records.ts";

export function provisionedOf(record: FunctionRecord, qualifier: string): ProvisionedRecord | undefined {
  return record.provisioned?.find((setting) => setting.qualifier === qualifier);
}

export function scalingOf(record: FunctionRecord, qualifier: string): ScalingRecord | undefined {
  return record.scaling?.find((setting) => setting.qualifier === qualifier);
}

export function provisionedTotal(record: FunctionRecord): number {
  let total = 0;
  for (const { requested } of record.provisioned ?? []) total += requested;
  return total;
}

/** Concurrency that other functions of the account cannot use: what is reserved includes what is provisioned. */
export function claimedBy(record: FunctionRecord): number {
  return record.reservedConcurrency ?? provisionedTotal(record);
}

/** The setting of the qualifier itself, else that of the version behind it. */
export function provisionedFor(
  record: FunctionRecord,
  qualifier: string,
  version: string,
): { readonly key: string; readonly requested: number } | undefined {
  if (record.provisioned === undefined) return undefined;
  const setting = provisionedOf(record, qualifier) ?? provisionedOf(record, version);
  return setting && { key: setting.qualifier, requested: setting.requested };
}

/** `record` without provisioned concurrency for an alias or version that is deleted, or that wants it no more. */
export function withoutProvisioned(record: FunctionRecord, qualifier: string): FunctionRecord {
  const { provisioned, ...rest } = record;
  const others = (provisioned ?? []).filter((setting) => setting.qualifier !== qualifier);
  return others.length === 0 ? rest : { ...rest, provisioned: others };
}

/** `record` without scaling settings for a version that is deleted, or that goes back to the defaults. */
export function withoutScaling(record: FunctionRecord, version: string): FunctionRecord {
  const { scaling, ...rest } = record;
  const others = (scaling ?? []).filter(({ qualifier }) => qualifier !== version);
  return others.length === 0 ? rest : { ...rest, scaling: others };
}

/** Settings whose alias or version is not there keep nothing. */
export function provisionedTargets(
  record: FunctionRecord,
  versions: ReadonlyMap<string, FunctionVersion>,
): ProvisionedTarget[] {
  const targets: ProvisionedTarget[] = (record.provisioned ?? []).map(({ qualifier, requested, lastModifiedMs }) => ({
    qualifier,
    kind: "provisioned-concurrency",
    setMs: lastModifiedMs,
    shares: sharesOf(record, qualifier, requested).flatMap(({ name, count }) => shareOf(versions, name, count)),
  }));
  for (const { qualifier, minEnvironments = 0 } of record.scaling ?? []) {
    if (minEnvironments === 0) continue;
    targets.push({ qualifier, kind: "minimum", setMs: 0, shares: shareOf(versions, qualifier, minEnvironments) });
  }
  return targets;
}

function shareOf(
  versions: ReadonlyMap<string, FunctionVersion>,
  name: string,
  count: number,
): { readonly version: FunctionVersion; readonly count: number }[] {
  const version = versions.get(name);
  return version === undefined || count === 0 ? [] : [{ version, count }];
}

/** An alias that splits its traffic splits its environments alike. */
function sharesOf(
  record: FunctionRecord,
  qualifier: string,
  requested: number,
): { readonly name: string; readonly count: number }[] {
  const alias: AliasRecord | undefined = record.aliases.find(({ name }) => name === qualifier);
  if (alias?.routing === undefined) return [{ name: alias?.version ?? qualifier, count: requested }];
  const diverted = Math.round(requested * alias.routing.weight);
  return [
    { name: alias.version, count: requested - diverted },
    { name: alias.routing.version, count: diverted },
  ];
}
