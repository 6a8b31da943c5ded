/**
 * What the control plane keeps, and under which keys. One head record per function is the single truth about it: it lists
 * the published versions, whose immutable snapshots are records of their own, written before the head names them. So each
 * operation becomes visible by one compare-and-set, and a crash between two writes leaves nothing that anyone can see.
 *
 *   lambda/functions/head/{account}/{region}/{name}              FunctionRecord
 *   lambda/functions/version/{account}/{region}/{name}/{id}      VersionRecord
 *   lambda/layers/head/{account}/{region}/{name}                 LayerRecord
 *   lambda/event-source-mappings/{account}/{region}/{uuid}       MappingRecord (mappings/records.ts)
 *   lambda/mapping-claims/{account}/{region}/{digest}            which mapping has a source and function for itself
 *   lambda/capacity-providers/{account}/{region}/{name}          CapacityProviderRecord (capacity-providers.ts)
 *   lambda/code-signing-configs/{account}/{region}/{id}          CodeSigningRecord (code-signing/records.ts)
 *   lambda/server-key                                            secret of markers and code links
 */

import type {
  Architecture,
  DirectS3Read,
  LastUpdateStatusReasonCode,
  Runtime,
  StateReasonCode,
} from "@aws-sdk/client-lambda";
import type { Log } from "../base/index.ts";
import {
  array,
  boolean,
  integer,
  json,
  mapOf,
  number,
  object,
  oneOf,
  optional,
  type RecordEntry,
  type Shape,
  type ShapeType,
  StoredShapeError,
  text,
  variant,
} from "../store/index.ts";
import type { Place } from "../wire/index.ts";
import { packageSignatureShape } from "./code-signing/records.ts";
import type { FunctionName } from "./names.ts";

/** Text that was checked when it was written; AWS's lists grow, and what is stored must stay readable. */
export function named<T extends string>(): Shape<T> {
  return (value, path) => text(value, path) as T;
}

const objectSourceShape = object({ bucket: text, key: text, version: text });
/** One version of an object in S3, where code stays. */
export type ObjectSource = ShapeType<typeof objectSourceShape>;

const codeShape = variant("kind", {
  zip: object({
    kind: oneOf("zip"),
    /** Names what is stored. */
    sha256: text,
    sizeBytes: integer,
    unzippedBytes: integer,
    /** Set where a customer's key seals it: the digest of the zip itself. */
    sealed: optional(object({ sha256: text, keyArn: text })),
    /** Set where the function's code is to be signed, and is. */
    signature: optional(packageSignatureShape),
    /** Set where the code stays in S3: then the store has no copy. */
    source: optional(objectSourceShape),
  }),
  folder: object({ kind: oneOf("folder"), path: text }),
  /** By the hex digest of its manifest; `uri` is what was given, `resolvedUri` the same image for ever. */
  image: object({ kind: oneOf("image"), uri: text, resolvedUri: text, digest: text }),
});
export type CodeRecord = ShapeType<typeof codeShape>;

const layerUseShape = object({
  arn: text,
  sha256: text,
  sizeBytes: integer,
  unzippedBytes: integer,
  signature: optional(packageSignatureShape),
  source: optional(objectSourceShape),
});
export type LayerUse = ShapeType<typeof layerUseShape>;

/** An access point, and where it appears: `/mnt/NAME`. */
const fileSystemUseShape = object({ arn: text, path: text, directS3Read: optional(named<DirectS3Read>()) });
export type FileSystemUse = ShapeType<typeof fileSystemUseShape>;

const loggingShape = object({
  format: oneOf("Text", "JSON"),
  group: text,
  applicationLevel: optional(oneOf("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")),
  systemLevel: optional(oneOf("DEBUG", "INFO", "WARN")),
});
export type LoggingRecord = ShapeType<typeof loggingShape>;

const settingsShape = object({
  runtime: named<Runtime>(),
  handler: text,
  role: text,
  description: text,
  timeoutSeconds: integer,
  memoryMb: integer,
  ephemeralStorageMb: integer,
  architecture: oneOf("x86_64", "arm64"),
  /** Missing where none are set, and where `sealedVariables` has them. */
  variables: optional(mapOf(text)),
  /** The customer's key for them; versions of before kept it in `withoutEffect`. */
  kmsKeyArn: optional(text),
  /** What KMS made of the variables, base64. */
  sealedVariables: optional(text),
  layers: array(layerUseShape),
  tracingMode: oneOf("Active", "PassThrough"),
  logging: loggingShape,
  /** Missing where none is set, and in records of versions that kept it in `withoutEffect`. */
  deadLetterTarget: optional(text),
  /** Missing where none is set, and in records of versions that kept them in `withoutEffect`. */
  fileSystems: optional(array(fileSystemUseShape)),
  /** Set where an environment serves one tenant only; see tenant-isolation.ts for records of before. */
  tenantIsolation: optional(oneOf("PER_TENANT")),
  /** What takes the place of a container image's own configuration. */
  image: optional(
    object({ entryPoint: optional(array(text)), command: optional(array(text)), workingDirectory: optional(text) }),
  ),
  /** Members that are kept and shown but change nothing yet, by their API name; see without-effect.ts. */
  withoutEffect: mapOf(json),
});
/** What a version is configured to be. */
export type FunctionSettings = ShapeType<typeof settingsShape>;

const stateNameShape = oneOf("Pending", "Active", "Inactive", "Failed");
const stateShape = object({
  name: stateNameShape,
  reason: optional(text),
  reasonCode: optional(named<StateReasonCode>()),
});
export type VersionState = ShapeType<typeof stateShape>;

const lastUpdateShape = object({
  status: oneOf("InProgress", "Successful", "Failed"),
  reason: optional(text),
  /** AWS sends "Creating" although its model does not list it. */
  reasonCode: optional(named<LastUpdateStatusReasonCode | "Creating">()),
});
const versionShape = object({
  /** `$LATEST` or a number. */
  version: text,
  /** Shown to clients; changes with every write that AWS would count. */
  revisionId: text,
  /** Changes with code and configuration only: environments live as long as it stays. */
  configurationId: text,
  /** AWS's form, `2026-01-31T23:59:59.123+0000`. */
  lastModified: text,
  settings: settingsShape,
  code: codeShape,
  state: stateShape,
  lastUpdate: optional(lastUpdateShape),
});
export type VersionRecord = ShapeType<typeof versionShape>;

const aliasShape = object({
  name: text,
  version: text,
  description: text,
  revisionId: text,
  /** At most one further version and its share of the traffic, 0 to 1. */
  routing: optional(object({ version: text, weight: number })),
});
export type AliasRecord = ShapeType<typeof aliasShape>;

const policyShape = object({
  /** Missing for the unqualified function. */
  qualifier: optional(text),
  revisionId: text,
  /** What a document that was put whole begins with; missing where permissions built it. */
  head: optional(object({ version: optional(text), id: optional(text) })),
  /** A statement of a whole document may have no id: then it is empty. */
  statements: array(object({ sid: text, json: text })),
});
export type PolicyRecord = ShapeType<typeof policyShape>;

const eventInvokeShape = object({
  qualifier: text,
  lastModifiedMs: integer,
  maximumRetryAttempts: optional(integer),
  maximumEventAgeSeconds: optional(integer),
  onSuccess: optional(text),
  onFailure: optional(text),
});
export type EventInvokeRecord = ShapeType<typeof eventInvokeShape>;

const provisionedShape = object({
  /** An alias or a version's number. */
  qualifier: text,
  requested: integer,
  lastModifiedMs: integer,
});
export type ProvisionedRecord = ShapeType<typeof provisionedShape>;

const scalingShape = object({
  /** A version's number. */
  qualifier: text,
  minEnvironments: optional(integer),
  maxEnvironments: optional(integer),
});
export type ScalingRecord = ShapeType<typeof scalingShape>;

const runtimeManagementShape = object({
  /** `$LATEST` or a version's number. */
  version: text,
  updateOn: oneOf("Auto", "Manual", "FunctionUpdate"),
  /** Of Manual alone. */
  runtimeVersionArn: optional(text),
});
export type RuntimeManagementRecord = ShapeType<typeof runtimeManagementShape>;

const corsShape = object({
  allowCredentials: optional(boolean),
  allowHeaders: optional(array(text)),
  allowMethods: optional(array(text)),
  allowOrigins: optional(array(text)),
  exposeHeaders: optional(array(text)),
  maxAgeSeconds: optional(integer),
});
/** Who may read answers from pages of other origins. Missing lists allow nothing. */
export type CorsRecord = ShapeType<typeof corsShape>;

const functionUrlShape = object({
  /** The first label of its host name. */
  id: text,
  /** An alias; missing for $LATEST. */
  alias: optional(text),
  authType: oneOf("NONE", "AWS_IAM"),
  invokeMode: oneOf("BUFFERED", "RESPONSE_STREAM"),
  cors: optional(corsShape),
  createdMs: integer,
  lastModifiedMs: integer,
});
export type FunctionUrlRecord = ShapeType<typeof functionUrlShape>;

export const functionShape = object({
  name: named<FunctionName>(),
  accountId: text,
  region: text,
  latest: versionShape,
  /** What $LATEST runs while its update is in progress, or after it failed. */
  serving: optional(versionShape),
  /** Version 1 is the first; numbers are never used twice. */
  nextVersion: integer,
  /** Ascending; `id` names the version's own record; `content` is the fingerprint of what was published. */
  versions: array(object({ version: text, id: text, content: text })),
  /** By name. */
  aliases: array(aliasShape),
  /** Missing: signatures of its code do not matter. */
  codeSigningConfigArn: optional(text),
  tags: mapOf(text),
  reservedConcurrency: optional(integer),
  /** By qualifier; missing in records of earlier versions, as the next three. */
  provisioned: optional(array(provisionedShape)),
  scaling: optional(array(scalingShape)),
  runtimeManagement: optional(array(runtimeManagementShape)),
  /** Missing: loops are terminated. */
  recursiveLoop: optional(oneOf("Terminate", "Allow")),
  /** Versions whose code stays in S3 and could not be read when it was looked at last. */
  lostSources: optional(array(text)),
  policies: array(policyShape),
  eventInvoke: array(eventInvokeShape),
  /** At most one per alias and one for $LATEST. An alias that is deleted leaves its own behind, as on AWS. */
  urls: optional(array(functionUrlShape)),
});
export type FunctionRecord = ShapeType<typeof functionShape>;

const layerVersionShape = object({
  version: integer,
  description: text,
  createdDate: text,
  sha256: text,
  sizeBytes: integer,
  unzippedBytes: integer,
  compatibleRuntimes: optional(array(named<Runtime>())),
  compatibleArchitectures: optional(array(named<Architecture>())),
  licenseInfo: optional(text),
  policy: optional(policyShape),
  signature: optional(packageSignatureShape),
  source: optional(objectSourceShape),
});
export type LayerVersionRecord = ShapeType<typeof layerVersionShape>;

export const layerShape = object({
  name: text,
  accountId: text,
  region: text,
  nextVersion: integer,
  /** Ascending; deleted versions are gone from it. */
  versions: array(layerVersionShape),
});
export type LayerRecord = ShapeType<typeof layerShape>;

export const FUNCTIONS_PREFIX = "lambda/functions/";
const HEAD = "lambda/functions/head/";
/** The tables behind these keys; a path in them is `placePath`. */
export const HEADS_TABLE = "lambda/functions/head";
export const LAYERS_TABLE = "lambda/layers/head";
const VERSION = "lambda/functions/version/";
export const LAYERS_PREFIX = "lambda/layers/head/";
export const SERVER_KEY = "lambda/server-key";

/** The path of a named resource in the table of its kind. */
export function placePath(place: Place, name: string): string {
  return `${place.accountId}/${place.region}/${name}`;
}

function headsPrefix(place: Place): string {
  return `${HEAD}${place.accountId}/${place.region}/`;
}

export function headKey(place: Place, name: string): string {
  return `${headsPrefix(place)}${name}`;
}

export function versionsPrefix(place: Place, name: string): string {
  return `${VERSION}${place.accountId}/${place.region}/${name}/`;
}

export function versionKey(place: Place, name: string, id: string): string {
  return `${versionsPrefix(place, name)}${id}`;
}

export function layersPrefix(place: Place): string {
  return `${LAYERS_PREFIX}${place.accountId}/${place.region}/`;
}

export function layerKey(place: Place, name: string): string {
  return `${layersPrefix(place)}${name}`;
}

export function isHeadKey(key: string): boolean {
  return key.startsWith(HEAD);
}

/** The function that an entry holds. Throws StoredShapeError for one that this version did not write so. */
export function asFunction({ key, value }: RecordEntry): FunctionRecord {
  return functionShape(value, key);
}

export function asVersion({ key, value }: RecordEntry): VersionRecord {
  return versionShape(value, key);
}

export function asLayer({ key, value }: RecordEntry): LayerRecord {
  return layerShape(value, key);
}

/** For watchers: `read` of the entry, or undefined for one that cannot be read, which is told in the log and passed over. */
export function readOrTell<T>(log: Log, entry: RecordEntry, read: (entry: RecordEntry) => T): T | undefined {
  try {
    return read(entry);
  } catch (error) {
    if (!(error instanceof StoredShapeError)) throw error;
    log.error("a stored record cannot be read and is passed over", { key: entry.key, error });
    return undefined;
  }
}

/** Neither Active nor Failed, or in the middle of an update. */
export function isUnsettled(latest: VersionRecord): boolean {
  return latest.state.name === "Pending" || latest.lastUpdate?.status === "InProgress";
}
