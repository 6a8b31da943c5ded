/** CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction. */
import type { FunctionCodeLocation } from "@aws-sdk/client-lambda";
import type { Handlers, Place } from "../wire/index.ts";
import { requireManageable } from "./capacity-providers/managed.ts";
import { codeLink } from "./code-links.ts";
import { inspectorOf } from "./code-signing/admission.ts";
import { requireCodeSigning } from "./code-signing/handlers.ts";
import { uploadCode } from "./code-upload.ts";
import {
  awsTime,
  type ControlPlane,
  createFunctionRecord,
  findFunction,
  findVersion,
  getFunction,
  type LambdaModule,
  referTo,
} from "./control-plane.ts";
import { withDeadLetterTarget } from "./dead-letter-config.ts";
import { conflict, functionNotFound, invalidParameter } from "./errors.ts";
import { withFileSystems } from "./file-systems.ts";
import { forgetFunction, forgetVersion } from "./forget.ts";
import { listFunctions } from "./function-list.ts";
import { imageCode } from "./image-code.ts";
import { requireFit, useLayers } from "./layer-uses.ts";
import { LIMITS } from "./limits.ts";
import { functionArn, isVersionNumber, LATEST, qualifiedArn } from "./names.ts";
import type { CodeRecord, FunctionRecord, VersionRecord } from "./records.ts";
import { requireTrust } from "./role-trust.ts";
import { settingsOf } from "./settings.ts";
import { shownFull, shownSource } from "./shown-configuration.ts";
import { requireSnapStartable } from "./snap-start.ts";
import { requireTags } from "./tag-limits.ts";
import { withTenancy } from "./tenancy.ts";
import { publish } from "./versions.ts";

type Operations = "CreateFunction" | "GetFunction" | "GetFunctionConfiguration" | "ListFunctions" | "DeleteFunction";

export function functionHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async CreateFunction(input, call) {
      const reference = referTo(input.FunctionName, call);
      requireCreatableName(reference.name);
      const tags = requireTags(plane, input.Tags);
      const layers = (await useLayers(plane, input.Layers, call)) ?? [];
      const given = settingsOf(input, { name: reference.name, layers, policy: plane.runtimes, quotas: plane.quotas });
      const tenants = withTenancy(given, input.TenancyConfig, input.SnapStart?.ApplyOn);
      const mounted = withFileSystems(tenants, input.FileSystemConfigs);
      const complete = withDeadLetterTarget(mounted, input.DeadLetterConfig, reference);
      requireManageable(plane, complete, call);
      requireSnapStartable(complete);
      const arn = functionArn(reference, reference.name);
      await requireTrust(plane.roles, input.Role, { functionArn: arn, place: call });
      if ((await findFunction(plane.records, call, reference.name)) !== undefined) throw alreadyExists(reference.name);
      const signing = input.CodeSigningConfigArn
        ? requireCodeSigning(plane, call, input.CodeSigningConfigArn)
        : undefined;
      const settings = await plane.keys.sealed(complete, input, functionArn(reference, reference.name), call);
      using upload =
        input.PackageType === "Image"
          ? await imageCode(plane, input.Code, call, settings.architecture)
          : await uploadCode(
              plane,
              input.Code,
              call,
              functionArn(reference, reference.name),
              inspectorOf(plane, call, signing, { functionName: reference.name, named: reference.name, layers }),
            );
      requireFit(upload.code.kind === "zip" ? upload.code.unzippedBytes : 0, layers);
      const latest: VersionRecord = {
        version: LATEST,
        revisionId: plane.random.uuid(),
        configurationId: plane.random.uuid(),
        lastModified: awsTime(plane.clock.now()),
        settings,
        code: upload.code,
        state: { name: "Pending", reason: "The function is being created.", reasonCode: "Creating" },
      };
      const empty: FunctionRecord = {
        name: reference.name,
        accountId: call.accountId,
        region: call.region,
        latest,
        nextVersion: 1,
        versions: [],
        aliases: [],
        tags,
        ...(input.CodeSigningConfigArn && { codeSigningConfigArn: input.CodeSigningConfigArn }),
        policies: [],
        eventInvoke: [],
      };
      const { record, published } =
        input.Publish || input.PublishTo !== undefined
          ? await publish(plane, empty, { publishTo: input.PublishTo })
          : { record: empty, published: latest };
      await createFunctionRecord(plane, record);
      await plane.activation.start(record);
      const { lastUpdate: _none, ...created } = published;
      const shown = { ...created, state: latest.state };
      const answer = await shownFull(plane, call, record, shown, functionArn(reference, reference.name));
      // AWS has not yet read by then what stays in S3.
      return upload.code.kind === "zip" && upload.code.source ? { ...answer, CodeSha256: "" } : answer;
    },

    async GetFunction(input, call) {
      const { record, version, arn } = await getVersion(plane, input.FunctionName, call, input.Qualifier);
      return {
        Configuration: await shownFull(plane, call, record, version, arn),
        Code: shownCode(plane, version.code, call.endpoint),
        ...(Object.keys(record.tags).length > 0 && { Tags: { ...record.tags } }),
        ...(record.reservedConcurrency !== undefined && {
          Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency },
        }),
      };
    },

    async GetFunctionConfiguration(input, call) {
      const { record, version, arn } = await getVersion(plane, input.FunctionName, call, input.Qualifier);
      return shownFull(plane, call, record, version, arn);
    },

    ListFunctions: (input, call) => listFunctions(plane, input, call),

    async DeleteFunction(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const { qualifier } = reference;
      if (qualifier === LATEST) {
        throw invalidParameter("$LATEST version cannot be deleted without deleting the function.");
      }
      if (qualifier !== undefined && !isVersionNumber(qualifier)) {
        const found = await findFunction(plane.records, reference, reference.name);
        if (found === undefined) throw functionNotFound(functionArn(reference, reference.name));
        throw invalidParameter("Deletion of aliases is not currently supported.");
      }
      if (qualifier === undefined) await forgetFunction(plane, reference);
      else await forgetVersion(plane, reference, qualifier);
      return { StatusCode: 204 };
    },
  };
}

/** The version that a request names; throws AWS's not-found, which repeats the qualifier that was given. */
export async function getVersion(
  plane: ControlPlane,
  functionName: string,
  place: Place,
  givenQualifier: string | undefined,
): Promise<{ readonly record: FunctionRecord; readonly version: VersionRecord; readonly arn: string }> {
  const reference = referTo(functionName, place, givenQualifier);
  const { record } = await getFunction(plane, reference, reference.qualifier);
  const arn = qualifiedArn(reference, reference.name, reference.qualifier);
  const version = await findVersion(plane.records, record, reference.qualifier);
  if (version === undefined) throw functionNotFound(arn);
  return { record, version, arn };
}

function requireCreatableName(name: string): void {
  if (name.length <= LIMITS.functionNameLength) return;
  throw invalidParameter(
    `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${LIMITS.functionNameLength}`,
  );
}

function alreadyExists(name: string): Error {
  return conflict(`Function already exist: ${name}`);
}

function shownCode(plane: ControlPlane, code: CodeRecord, endpoint: string): FunctionCodeLocation {
  if (code.kind === "image") {
    return { RepositoryType: "ECR", ImageUri: code.uri, ResolvedImageUri: code.resolvedUri };
  }
  if (code.kind === "folder") return { Location: `file://${code.path}`, RepositoryType: "S3" };
  if (code.source !== undefined) return { RepositoryType: "S3", ResolvedS3Object: shownSource(code.source) };
  const { key, clock } = plane;
  return {
    Location: codeLink({ endpoint, sha256: code.sha256, key, clock }),
    RepositoryType: "S3",
    ...(code.sealed && { SourceKMSKeyArn: code.sealed.keyArn }),
  };
}
