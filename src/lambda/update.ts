/** UpdateFunctionCode and UpdateFunctionConfiguration: a new $LATEST that becomes effective when it has settled. */
import type { Handlers } from "../wire/index.ts";
import { requireManageable } from "./capacity-providers/managed.ts";
import { admit, findCodeSigning, inspectorOf } from "./code-signing/admission.ts";
import type { CodeSigningRecord } from "./code-signing/records.ts";
import { requireSource, uploadCode } from "./code-upload.ts";
import {
  awsTime,
  type ControlPlane,
  changeFunction,
  getFunction,
  type LambdaModule,
  referTo,
  requireSettled,
} from "./control-plane.ts";
import { withDeadLetterTarget } from "./dead-letter-config.ts";
import { preconditionFailed } from "./errors.ts";
import { withFileSystems } from "./file-systems.ts";
import { imageCode, requireCodeOfKind } from "./image-code.ts";
import { requireFit, useLayers } from "./layer-uses.ts";
import { functionArn, LATEST, qualifiedArn } from "./names.ts";
import type { CodeRecord, FunctionRecord, FunctionSettings, VersionRecord } from "./records.ts";
import { requireTrust } from "./role-trust.ts";
import { changedSettings, requireLasting } from "./settings.ts";
import { shownFull } from "./shown-configuration.ts";
import { requireSnapStartable } from "./snap-start.ts";
import { requireNoTenancy } from "./tenancy.ts";
import { publish } from "./versions.ts";

type Operations = "UpdateFunctionCode" | "UpdateFunctionConfiguration";

export function updateHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async UpdateFunctionCode(input, call) {
      const reference = referTo(input.FunctionName, call);
      const arn = functionArn(reference, reference.name);
      const found = await getFunction(plane, reference);
      requireUpdatable(found.record, input.RevisionId);
      const { code, settings: currently } = found.record.latest;
      requireCodeOfKind(code.kind === "image", input);
      using upload =
        code.kind === "image"
          ? await imageCode(plane, input, call, input.Architectures?.[0] ?? currently.architecture)
          : await uploadCode(
              plane,
              input,
              call,
              arn,
              inspectorOf(plane, call, signingOf(plane, found.record), {
                functionName: reference.name,
                named: arn,
                layers: currently.layers,
              }),
            );
      const changed = (record: FunctionRecord): { code: CodeRecord; settings: FunctionSettings } => {
        const { settings } = record.latest;
        requireFit(unzippedBytes(upload.code), settings.layers);
        return {
          code: upload.code,
          settings: { ...settings, architecture: input.Architectures?.[0] ?? settings.architecture },
        };
      };
      if (input.DryRun) {
        return shownFull(plane, call, found.record, { ...found.record.latest, ...changed(found.record) }, arn);
      }
      let published: VersionRecord | undefined;
      const record = await changeFunction(plane, reference, async (current) => {
        requireUpdatable(current, input.RevisionId);
        const next = updating(plane, current, changed(current));
        if (!input.Publish && input.PublishTo === undefined) return next;
        const result = await publish(plane, next, { publishTo: input.PublishTo });
        published = result.published;
        return result.record;
      });
      await plane.activation.start(record);
      collectReplaced(plane, found.record);
      if (published === undefined) return shownFull(plane, call, record, record.latest, arn);
      const { lastUpdate: _settled, ...pending } = published;
      return shownFull(
        plane,
        call,
        record,
        { ...pending, state: { name: "Pending", reason: "The function is being created.", reasonCode: "Creating" } },
        qualifiedArn(reference, reference.name, published.version),
      );
    },

    async UpdateFunctionConfiguration(input, call) {
      const reference = referTo(input.FunctionName, call);
      const found = await getFunction(plane, reference);
      requireUpdatable(found.record, input.RevisionId);
      const layers = await useLayers(plane, input.Layers, call);
      const arn = functionArn(reference, reference.name);
      await requireTrust(plane.roles, input.Role, { functionArn: arn, place: call });
      const record = await changeFunction(plane, reference, async (current) => {
        requireUpdatable(current, input.RevisionId);
        const { latest } = current;
        const changed = changedSettings(latest.settings, input, {
          layers,
          policy: plane.runtimes,
          quotas: plane.quotas,
        });
        if (input.SnapStart?.ApplyOn === "PublishedVersions") requireNoTenancy(latest.settings, "SnapStart");
        const mounted = withFileSystems(changed, input.FileSystemConfigs);
        const complete = withDeadLetterTarget(mounted, input.DeadLetterConfig, reference);
        requireLasting(latest.settings, input);
        requireManageable(plane, complete, reference);
        requireSnapStartable(complete);
        const settings = await plane.keys.sealed(complete, input, arn, call);
        const signing = layers && signingOf(plane, current);
        if (signing !== undefined) {
          const packages = settings.layers.map(({ signature }) => signature);
          await admit(plane, call, signing, { functionName: reference.name, named: arn, packages });
        }
        requireFit(unzippedBytes(latest.code), settings.layers);
        if (current.lostSources?.includes(LATEST) && latest.code.kind === "zip" && latest.code.source) {
          const { accountId, region } = reference;
          await requireSource(plane, latest.code.source, { accountId, region, arn });
        }
        return updating(plane, current, { code: latest.code, settings });
      });
      await plane.activation.start(record);
      collectReplaced(plane, found.record);
      return shownFull(plane, call, record, record.latest, arn);
    },
  };
}

/** The configuration that the function's packages are held to; one that was deleted holds them no more. */
function signingOf(plane: ControlPlane, record: FunctionRecord): CodeSigningRecord | undefined {
  const { codeSigningConfigArn: arn } = record;
  return arn === undefined ? undefined : findCodeSigning(plane, record, arn);
}

function requireUpdatable(record: FunctionRecord, revisionId: string | undefined): void {
  requireSettled(record);
  if (revisionId !== undefined && revisionId !== record.latest.revisionId)
    throw preconditionFailed("GetFunction/GetAlias");
}

/** The head with its update begun: until it has settled, invocations run what $LATEST was. */
function updating(
  plane: ControlPlane,
  record: FunctionRecord,
  changed: { readonly code: CodeRecord; readonly settings: FunctionSettings },
): FunctionRecord {
  const { latest, serving: served, lostSources, ...rest } = record;
  const isLost = lostSources?.includes(LATEST) === true;
  const serving = served ?? (latest.state.name === "Active" ? latest : undefined);
  const lost = lostSources?.filter((version) => version !== LATEST) ?? [];
  return {
    ...rest,
    ...(lost.length > 0 && { lostSources: lost }),
    ...(serving && !isLost && { serving }),
    latest: {
      ...latest,
      ...changed,
      revisionId: plane.random.uuid(),
      configurationId: plane.random.uuid(),
      lastModified: awsTime(plane.clock.now()),
      state: { name: "Active" },
      lastUpdate: { status: "InProgress", reason: "The function is being created.", reasonCode: "Creating" },
    },
  };
}

/** What the function ran before may be needed by nobody now. */
function collectReplaced(plane: ControlPlane, { latest, serving }: FunctionRecord): void {
  for (const { code, settings } of serving === undefined ? [latest] : [latest, serving]) {
    if (code.kind === "zip") plane.code.collectLater(code.sha256);
    if (code.kind === "image") plane.images?.collectLater(code.digest);
    for (const layer of settings.layers) plane.code.collectLater(layer.sha256);
  }
}

function unzippedBytes(code: CodeRecord): number {
  return code.kind === "zip" ? code.unzippedBytes : 0;
}
