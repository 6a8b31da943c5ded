/** Configurations as a caller may see them: variables that a customer's key keeps are decrypted in the caller's name. */
import type { FunctionConfiguration, ResolvedS3Object } from "@aws-sdk/client-lambda";
import { type CallerIdentity, lasting } from "../wire/index.ts";
import { fullConfiguration, listedConfiguration } from "./configuration.ts";
import type { ControlPlane } from "./control-plane.ts";
import { functionArn } from "./names.ts";
import type { FunctionRecord, ObjectSource, VersionRecord } from "./records.ts";

type Plane = Pick<ControlPlane, "keys">;

/** As `fullConfiguration`, with the variables, or why this caller does not get them. */
export function shownFull(
  plane: Plane,
  caller: CallerIdentity,
  record: FunctionRecord,
  version: VersionRecord,
  arn: string,
): Promise<FunctionConfiguration> {
  return withVariables(plane, caller, record, version, fullConfiguration(record, version, arn));
}

/** What has been listed of each version, for as long as that is in memory. */
const listed = new WeakMap<VersionRecord, FunctionConfiguration>();

/** As `listedConfiguration`, with the variables, or why this caller does not get them. `arn` is the version's own. */
export function shownListed(
  plane: Plane,
  caller: CallerIdentity,
  record: FunctionRecord,
  version: VersionRecord,
  arn: string,
): FunctionConfiguration | Promise<FunctionConfiguration> {
  if (version.settings.sealedVariables !== undefined) {
    return withVariables(plane, caller, record, version, listedConfiguration(record, version, arn));
  }
  const known = listed.get(version);
  if (known?.FunctionArn === arn) return known;
  const shown = lasting(listedConfiguration(record, version, arn));
  listed.set(version, shown);
  return shown;
}

async function withVariables(
  { keys }: Plane,
  { principal, region }: CallerIdentity,
  record: FunctionRecord,
  version: VersionRecord,
  shown: FunctionConfiguration,
): Promise<FunctionConfiguration> {
  if (version.settings.sealedVariables === undefined) return shown;
  const environment = await keys.shown(version.settings, functionArn(record, record.name), { principal, region });
  return environment === undefined ? shown : { ...shown, Environment: environment };
}

/** Where code stays that Lambda has no copy of. */
export function shownSource({ bucket, key, version }: ObjectSource): ResolvedS3Object {
  return { S3Bucket: bucket, S3Key: key, S3ObjectVersion: version };
}
