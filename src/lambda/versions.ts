/** PublishVersion and ListVersionsByFunction. A version's snapshot is written before the head names it, and never again. */
import type { Handlers } from "../wire/index.ts";
import { requirePublishable } from "./capacity-providers/managed.ts";
import { requireSpace } from "./code-upload.ts";
import { codeSha256 } from "./configuration.ts";
import {
  awsTime,
  type ControlPlane,
  changeFunction,
  findVersion,
  getFunction,
  type LambdaModule,
  referTo,
  requireSettled,
} from "./control-plane.ts";
import { invalidParameter, preconditionFailed } from "./errors.ts";
import { LATEST, LATEST_PUBLISHED, qualifiedArn } from "./names.ts";
import { page } from "./pages.ts";
import { type FunctionRecord, type VersionRecord, versionKey } from "./records.ts";
import { contentFingerprint } from "./settings.ts";
import { shownFull, shownListed } from "./shown-configuration.ts";

export function versionHandlers(
  plane: ControlPlane,
): Pick<Handlers<LambdaModule>, "PublishVersion" | "ListVersionsByFunction"> {
  return {
    async PublishVersion(input, call) {
      const reference = referTo(input.FunctionName, call);
      let result: VersionRecord | undefined;
      const record = await changeFunction(plane, reference, async (current) => {
        requireSettled(current);
        if (input.RevisionId !== undefined && input.RevisionId !== current.latest.revisionId) {
          throw preconditionFailed("GetFunction/GetAlias");
        }
        const actual = codeSha256(current.latest.code);
        if (input.CodeSha256 && input.CodeSha256 !== actual) {
          throw invalidParameter(
            `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${actual}). Please try again with the CodeSHA256 in $LATEST.`,
          );
        }
        const { record: next, published } = await publish(plane, current, {
          description: input.Description,
          publishTo: input.PublishTo,
        });
        result = published;
        return next === current ? undefined : next;
      });
      if (result === undefined) throw new Error("publishing ended without a version");
      return shownFull(plane, call, record, result, qualifiedArn(reference, reference.name, result.version));
    },

    async ListVersionsByFunction(input, call) {
      const reference = referTo(input.FunctionName, call);
      const { record } = await getFunction(plane, reference);
      const names = [LATEST, ...record.versions.map(({ version }) => version)];
      const { items, nextMarker } = page(names, {
        scope: `ListVersionsByFunction/${call.accountId}/${call.region}/${reference.name}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: sortableVersion,
      });
      const versions = await Promise.all(items.map((name) => findVersion(plane.records, record, name)));
      return {
        Versions: await Promise.all(
          versions
            .filter((version) => version !== undefined)
            .map((version) =>
              shownListed(plane, call, record, version, qualifiedArn(reference, reference.name, version.version)),
            ),
        ),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },
  };
}

/**
 * `record` with $LATEST published, and the version; unchanged code and settings give the last version again. The
 * version's snapshot is durable when this resolves; it is visible once the caller has written the head.
 */
export async function publish(
  plane: ControlPlane,
  record: FunctionRecord,
  options: { readonly description?: string | undefined; readonly publishTo?: string | undefined } = {},
): Promise<{ readonly record: FunctionRecord; readonly published: VersionRecord }> {
  const { latest } = record;
  const { description, publishTo } = options;
  requirePublishable(plane, record, publishTo);
  const content = contentFingerprint(latest.settings, latest.code);
  const numbered = record.versions.filter(({ version }) => version !== LATEST_PUBLISHED);
  const unnumbered = record.versions.filter(({ version }) => version === LATEST_PUBLISHED);
  const last = publishTo === undefined ? numbered.at(-1) : unnumbered.at(-1);
  if (last !== undefined && last.content === content) {
    const published = await findVersion(plane.records, record, last.version);
    if (published !== undefined) return { record, published };
  }
  if (latest.code.kind !== "zip" || latest.code.source === undefined) requireSpace(plane, record);
  const version = publishTo === undefined ? String(record.nextVersion) : LATEST_PUBLISHED;
  const id = plane.random.uuid();
  const published: VersionRecord = {
    ...latest,
    version,
    revisionId: plane.random.uuid(),
    configurationId: id,
    settings: description === undefined ? latest.settings : { ...latest.settings, description },
    lastModified: awsTime(plane.clock.now()),
    state: { name: "Active" },
    lastUpdate: { status: "Successful" },
  };
  await plane.records.put(versionKey(record, record.name, id), published, { ifRevision: "absent" });
  return {
    published,
    record: {
      ...record,
      ...(publishTo === undefined
        ? { nextVersion: record.nextVersion + 1, versions: [...record.versions, { version, id, content }] }
        : { versions: [{ version, id, content }, ...numbered] }),
      latest: { ...latest, revisionId: plane.random.uuid() },
    },
  };
}

/** `$LATEST` first, then numbers ascending, as text that compares the same way. */
export function sortableVersion(name: string): string {
  return name === LATEST ? "" : name.padStart(12, "0");
}
