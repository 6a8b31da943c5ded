/**
 * What the control plane keeps, and under which keys. One head record per function is the single truth about it: it lists
 * the published versions, whose immutable snapshots are records of their own, written before the head names them. So each
 * operation becomes visible by one compare-and-set, and a crash between two writes leaves nothing that anyone can see.
 *
 *   lambda/functions/head/{account}/{region}/{name}              FunctionRecord
 *   lambda/functions/version/{account}/{region}/{name}/{id}      VersionRecord
 *   lambda/layers/head/{account}/{region}/{name}                 LayerRecord
 *   lambda/server-key                                            secret of markers and code links
 */
import type { Architecture, LastUpdateStatusReasonCode, Runtime, StateReasonCode } from "@aws-sdk/client-lambda";
import type { JsonValue } from "../base/index.ts";
import type { RecordEntry } from "../store/index.ts";
import type { FunctionName, Place } from "./names.ts";

export type CodeRecord =
  | { readonly kind: "zip"; readonly sha256: string; readonly sizeBytes: number; readonly unzippedBytes: number }
  | { readonly kind: "folder"; readonly path: string };

export type LayerUse = {
  readonly arn: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unzippedBytes: number;
};

export type LoggingRecord = {
  readonly format: "Text" | "JSON";
  readonly group: string;
  readonly applicationLevel?: "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR" | "FATAL";
  readonly systemLevel?: "DEBUG" | "INFO" | "WARN";
};

/** What a version is configured to be. */
export type FunctionSettings = {
  readonly runtime: Runtime;
  readonly handler: string;
  readonly role: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly ephemeralStorageMb: number;
  readonly architecture: "x86_64" | "arm64";
  readonly variables?: { readonly [name: string]: string };
  readonly layers: readonly LayerUse[];
  readonly tracingMode: "Active" | "PassThrough";
  readonly logging: LoggingRecord;
  /** Members that are kept and shown but change nothing yet, by their API name; see without-effect.ts. */
  readonly withoutEffect: { readonly [member: string]: JsonValue };
};

export type StateName = "Pending" | "Active" | "Failed";

export type VersionState = {
  readonly name: StateName;
  readonly reason?: string;
  readonly reasonCode?: StateReasonCode;
};

export type LastUpdate = {
  readonly status: "InProgress" | "Successful" | "Failed";
  readonly reason?: string;
  /** AWS sends "Creating" although its model does not list it. */
  readonly reasonCode?: LastUpdateStatusReasonCode | "Creating";
};

export type VersionRecord = {
  /** `$LATEST` or a number. */
  readonly version: string;
  /** Shown to clients; changes with every write that AWS would count. */
  readonly revisionId: string;
  /** Changes with code and configuration only: environments live as long as it stays. */
  readonly configurationId: string;
  /** AWS's form, `2026-01-31T23:59:59.123+0000`. */
  readonly lastModified: string;
  readonly settings: FunctionSettings;
  readonly code: CodeRecord;
  readonly state: VersionState;
  readonly lastUpdate?: LastUpdate;
};

export type AliasRecord = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
  /** At most one further version and its share of the traffic, 0 to 1. */
  readonly routing?: { readonly version: string; readonly weight: number };
};

export type PolicyRecord = {
  /** Undefined for the unqualified function. */
  readonly qualifier?: string;
  readonly revisionId: string;
  readonly statements: readonly { readonly sid: string; readonly json: string }[];
};

export type EventInvokeRecord = {
  readonly qualifier: string;
  readonly lastModifiedMs: number;
  readonly maximumRetryAttempts?: number;
  readonly maximumEventAgeSeconds?: number;
  readonly onSuccess?: string;
  readonly onFailure?: string;
};

export type FunctionRecord = {
  readonly name: FunctionName;
  readonly accountId: string;
  readonly region: string;
  readonly latest: VersionRecord;
  /** What $LATEST runs while its update is in progress, or after it failed. */
  readonly serving?: VersionRecord;
  /** Version 1 is the first; numbers are never used twice. */
  readonly nextVersion: number;
  /** Ascending; `id` names the version's own record; `content` is the fingerprint of what was published. */
  readonly versions: readonly { readonly version: string; readonly id: string; readonly content: string }[];
  /** By name. */
  readonly aliases: readonly AliasRecord[];
  readonly tags: { readonly [key: string]: string };
  readonly reservedConcurrency?: number;
  readonly policies: readonly PolicyRecord[];
  readonly eventInvoke: readonly EventInvokeRecord[];
};

export type LayerVersionRecord = {
  readonly version: number;
  readonly description: string;
  readonly createdDate: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unzippedBytes: number;
  readonly compatibleRuntimes?: readonly Runtime[];
  readonly compatibleArchitectures?: readonly Architecture[];
  readonly licenseInfo?: string;
  readonly policy?: PolicyRecord;
};

export type LayerRecord = {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly nextVersion: number;
  /** Ascending; deleted versions are gone from it. */
  readonly versions: readonly LayerVersionRecord[];
};

export const FUNCTIONS_PREFIX = "lambda/functions/";
const HEAD = "lambda/functions/head/";
const VERSION = "lambda/functions/version/";
export const LAYERS_PREFIX = "lambda/layers/head/";
export const SERVER_KEY = "lambda/server-key";

export function headsPrefix(place: Place): string {
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

/** Only this room writes under its keys, always through the types above: the shape is known from the key. */
export function asFunction(entry: RecordEntry): FunctionRecord {
  return entry.value as FunctionRecord;
}

export function asVersion(entry: RecordEntry): VersionRecord {
  return entry.value as VersionRecord;
}

export function asLayer(entry: RecordEntry): LayerRecord {
  return entry.value as LayerRecord;
}
