/** How a function version is shown to clients: the FunctionConfiguration of AWS's API, with AWS's rules on what is absent. */
import { createHash } from "node:crypto";
import type {
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  State,
  VpcConfigResponse,
} from "@aws-sdk/client-lambda";
import type { JsonValue } from "../base/index.ts";
import { isManaged } from "./capacity-providers/names.ts";
import type { PackageSignature } from "./code-signing/records.ts";
import { deadLetterTargetOf } from "./dead-letter-target.ts";
import { shownFileSystems } from "./file-systems.ts";
import { kmsKeyOf } from "./function-keys.ts";
import { shownImageConfig } from "./image-code.ts";
import { memberOf, stringsOf } from "./json-members.ts";
import { LATEST } from "./names.ts";
import { scalingOf } from "./provisioned-settings.ts";
import type {
  CodeRecord,
  FunctionRecord,
  FunctionSettings,
  LoggingRecord,
  VersionRecord,
  VersionState,
} from "./records.ts";
import { SOURCE_LOST } from "./resolution.ts";
import { runtimeVersionArn } from "./runtime-version.ts";

/** The configuration under `arn`, which is as qualified as the request was. */
export function fullConfiguration(record: FunctionRecord, version: VersionRecord, arn: string): FunctionConfiguration {
  const { lastUpdate } = version;
  const state = stateOf(record, version);
  const deactivated = scalingOf(record, version.version)?.maxEnvironments === 0;
  return {
    ...listedConfiguration(record, version, arn),
    State: deactivated ? "Deactivated" : shownState(record, version, state.name),
    ...(state.reason !== undefined && { StateReason: state.reason }),
    ...(state.reasonCode !== undefined && { StateReasonCode: state.reasonCode }),
    ...(lastUpdate && { LastUpdateStatus: lastUpdate.status }),
    ...(lastUpdate?.reason !== undefined && { LastUpdateStatusReason: lastUpdate.reason }),
    ...(lastUpdate?.reasonCode !== undefined && {
      LastUpdateStatusReasonCode: lastUpdate.reasonCode as LastUpdateStatusReasonCode,
    }),
    ...(version.code.kind !== "image" && {
      RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(record, version) },
    }),
  };
}

/** On a capacity provider only what is published may be invoked, and `$LATEST` says so. */
function shownState(record: FunctionRecord, { version }: VersionRecord, name: VersionState["name"]): State {
  return name === "Active" && version === LATEST && isManaged(record) ? "ActiveNonInvocable" : name;
}

/** The version's state, as what becomes of code that stays in S3 leaves it. */
function stateOf(record: FunctionRecord, version: VersionRecord): VersionState {
  const isLost = version.state.name === "Active" && record.lostSources?.includes(version.version) === true;
  return isLost ? SOURCE_LOST : version.state;
}

/** As lists show it: without states and runtime version. */
export function listedConfiguration(
  record: FunctionRecord,
  version: VersionRecord,
  arn: string,
): FunctionConfiguration {
  const { settings, code } = version;
  const deadLetterTarget = deadLetterTargetOf(settings);
  const kmsKeyArn = kmsKeyOf(settings);
  return {
    FunctionName: record.name,
    FunctionArn: arn,
    ...(code.kind !== "image" && { Runtime: settings.runtime, Handler: settings.handler }),
    Role: settings.role,
    CodeSize: code.kind === "zip" ? code.sizeBytes : 0,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMb,
    LastModified: version.lastModified,
    CodeSha256: codeSha256(code),
    Version: version.version,
    ...(settings.variables && { Environment: { Variables: { ...settings.variables } } }),
    ...(deadLetterTarget !== undefined && { DeadLetterConfig: { TargetArn: deadLetterTarget } }),
    ...(kmsKeyArn !== undefined && { KMSKeyArn: kmsKeyArn }),
    TracingConfig: { Mode: settings.tracingMode },
    RevisionId: version.revisionId,
    ...(settings.layers.length > 0 && {
      Layers: settings.layers.map(({ arn: Arn, sizeBytes, signature }) => ({
        Arn,
        CodeSize: sizeBytes,
        ...signedBy(signature),
      })),
    }),
    ...(code.kind === "zip" && signedBy(code.signature)),
    PackageType: code.kind === "image" ? "Image" : "Zip",
    ...shownImageConfig(settings),
    Architectures: [settings.architecture],
    EphemeralStorage: { Size: settings.ephemeralStorageMb },
    LoggingConfig: shownLogging(settings.logging),
    ...(settings.tenantIsolation && { TenancyConfig: { TenantIsolationMode: settings.tenantIsolation } }),
    ...shownFileSystems(settings),
    ...shownWithoutEffect(settings.withoutEffect, version.version),
  };
}

/** Who signed a package, where that is known. */
export function signedBy(signature: PackageSignature | undefined): {
  readonly SigningProfileVersionArn?: string;
  readonly SigningJobArn?: string;
} {
  if (signature === undefined) return {};
  return { SigningProfileVersionArn: signature.profileVersionArn, SigningJobArn: signature.jobArn };
}

/** Base64 of the zip's SHA-256, or an image's digest in hex, as AWS has it; a live folder has none of its own, so its path stands in for its content. */
export function codeSha256(code: CodeRecord): string {
  if (code.kind === "zip") return Buffer.from(code.sealed?.sha256 ?? code.sha256, "hex").toString("base64");
  if (code.kind === "image") return code.digest;
  return createHash("sha256").update(code.path).digest("base64");
}

function shownLogging(logging: LoggingRecord): NonNullable<FunctionConfiguration["LoggingConfig"]> {
  return {
    LogFormat: logging.format,
    ...(logging.applicationLevel && { ApplicationLogLevel: logging.applicationLevel }),
    ...(logging.systemLevel && { SystemLogLevel: logging.systemLevel }),
    LogGroup: logging.group,
  };
}

/** Settings are shown as they were given; these have members that AWS adds. */
function shownWithoutEffect(kept: FunctionSettings["withoutEffect"], version: string): Partial<FunctionConfiguration> {
  const { VpcConfig, SnapStart, CodeSigningConfigArn: _notShown, ...others } = kept;
  const { DeadLetterConfig: _shownAbove, FileSystemConfigs: _shownToo, ...rest } = others;
  const applyOn = SnapStart === undefined ? "None" : memberOf(SnapStart, "ApplyOn");
  const snapshots = applyOn === "PublishedVersions" && version !== LATEST;
  return {
    ...rest,
    ...(VpcConfig !== undefined && { VpcConfig: shownVpc(VpcConfig) }),
    SnapStart: {
      ApplyOn: applyOn === "PublishedVersions" ? "PublishedVersions" : "None",
      OptimizationStatus: snapshots ? "On" : "Off",
    },
  };
}

function shownVpc(given: JsonValue): VpcConfigResponse {
  const subnets = stringsOf(memberOf(given, "SubnetIds"));
  return {
    SubnetIds: subnets,
    SecurityGroupIds: stringsOf(memberOf(given, "SecurityGroupIds")),
    VpcId: subnets.length === 0 ? "" : `vpc-${createHash("sha256").update(subnets.join()).digest("hex").slice(0, 17)}`,
    Ipv6AllowedForDualStack: memberOf(given, "Ipv6AllowedForDualStack") === true,
  };
}
