/**
 * Deleting functions and versions. The head record goes (or changes) first: from then on nobody sees what it named. What
 * is left over — version records, events that wait, code — is removed afterwards and, after a crash, at the next start.
 */
import { busyAs, type ControlPlane, changeFunction } from "./control-plane.ts";
import { conflict, functionNotFound } from "./errors.ts";
import { type FunctionReference, functionArn } from "./names.ts";
import { withoutProvisioned, withoutScaling } from "./provisioned-settings.ts";
import { type CodeRecord, placePath, type VersionRecord, versionKey } from "./records.ts";
import { withoutRuntimeManagement } from "./runtime-version.ts";
import { untilShown } from "./until-shown.ts";

export async function forgetFunction(plane: ControlPlane, reference: FunctionReference): Promise<void> {
  const versions = versionsShown(plane, reference);
  const arn = functionArn(reference, reference.name);
  const path = placePath(reference, reference.name);
  const gone = await busyAs(arn, () => plane.heads.remove(path, () => undefined));
  if (gone === undefined) throw functionNotFound(arn);
  const { value: record, revision } = gone;
  await untilGone(plane, reference, revision);
  await Promise.all(record.versions.map(({ id }) => plane.records.delete(versionKey(record, record.name, id))));
  for (const { code, settings } of [record.latest, ...versions]) {
    collect(plane, code);
    for (const layer of settings.layers) plane.code.collectLater(layer.sha256);
  }
}

/** Idempotent, as AWS's: a version that is not there is deleted. */
export async function forgetVersion(plane: ControlPlane, reference: FunctionReference, version: string): Promise<void> {
  const gone = versionsShown(plane, reference).find((shown) => shown.version === version);
  let id: string | undefined;
  await changeFunction(plane, reference, (record) => {
    const aliases = record.aliases.filter((alias) => alias.version === version || alias.routing?.version === version);
    if (aliases.length > 0) {
      const names = aliases.map((alias) => alias.name).join(", ");
      throw conflict(`Unable to delete version because the following aliases reference it: [${names}]`);
    }
    id = record.versions.find((published) => published.version === version)?.id;
    if (id === undefined) return undefined;
    return {
      ...withoutRuntimeManagement(withoutScaling(withoutProvisioned(record, version), version), version),
      versions: record.versions.filter((published) => published.version !== version),
      policies: record.policies.filter((policy) => policy.qualifier !== version),
      eventInvoke: record.eventInvoke.filter((config) => config.qualifier !== version),
    };
  });
  if (id !== undefined) await plane.records.delete(versionKey(reference, reference.name, id));
  if (gone !== undefined) collect(plane, gone.code);
}

function versionsShown(plane: ControlPlane, reference: FunctionReference): readonly VersionRecord[] {
  const record = plane.directory.function(reference, reference.name);
  return record === undefined ? [] : plane.directory.versionsOf(record);
}

function collect(plane: ControlPlane, code: CodeRecord): void {
  if (code.kind === "zip") plane.code.collectLater(code.sha256);
  if (code.kind === "image") plane.images?.collectLater(code.digest);
}

function untilGone(plane: ControlPlane, reference: FunctionReference, revision: number): Promise<void> {
  return untilShown(
    plane,
    plane.directory,
    () => plane.directory.shownRevision(reference, reference.name) !== revision,
    `${reference.name} is deleted but still shown`,
  );
}
