/**
 * What every handler of this room works with, and the only ways to read and change a function's head record. A change is
 * a pure function from the record to its successor, written by compare-and-set and tried again when another writer was
 * faster, so its checks always hold for the record that it replaces.
 */
import type { Clock, Log, MetricSink, Random } from "../base/index.ts";
import type { Allocation } from "../environments/index.ts";
import type { Images } from "../images/index.ts";
import { type Blobs, type Records, type RecordTable, RevisionConflict } from "../store/index.ts";
import type { CallerIdentity, Place, ServiceClient } from "../wire/index.ts";
import type { Activation } from "./activation.ts";
import type { CapacityProviderRecord } from "./capacity-providers/records.ts";
import type { SignerClients } from "./code-signing/admission.ts";
import type { SigningRoots } from "./code-signing/package-signature.ts";
import type { CodeSigningRecord } from "./code-signing/records.ts";
import type { CodeSources } from "./code-sources.ts";
import type { CodeStore } from "./code-store.ts";
import type { Directory } from "./directory.ts";
import { conflict, functionNotFound, referenceError, tooManyWriters, updateInProgress } from "./errors.ts";
import type { FunctionKeys } from "./function-keys.ts";
import type { LayerDirectory } from "./layer-directory.ts";
import type { MappingRecord } from "./mappings/records.ts";
import {
  type FunctionName,
  type FunctionReference,
  functionArn,
  isPublishedVersion,
  LATEST,
  parseReference,
  qualifiedArn,
} from "./names.ts";
import type { Quotas } from "./quotas.ts";
import {
  asFunction,
  asVersion,
  type FunctionRecord,
  headKey,
  isUnsettled,
  placePath,
  type VersionRecord,
  versionKey,
} from "./records.ts";
import type { RoleTrustOptions } from "./role-trust.ts";
import type { RuntimePolicy } from "./runtime-policy.ts";
import type { ServerKey } from "./server-key.ts";
import type { Settling } from "./settling.ts";
import type { ShownTable } from "./shown-table.ts";
import { untilShown } from "./until-shown.ts";

export type LambdaModule = typeof import("@aws-sdk/client-lambda");
export type S3Module = typeof import("@aws-sdk/client-s3");
type S3Client = ServiceClient<S3Module> | undefined;
/** S3 on behalf of a caller; undefined where there is none. */
export type S3Finder = (caller: CallerIdentity) => S3Client | Promise<S3Client>;

export interface ControlPlane {
  readonly records: Records;
  /** Functions' head records. */
  readonly heads: RecordTable<FunctionRecord>;
  readonly blobs: Blobs;
  readonly code: CodeStore;
  /** Absent where functions cannot be container images. */
  readonly images: Images | undefined;
  readonly directory: Directory;
  readonly layers: LayerDirectory;
  readonly activation: Activation;
  readonly mappings: ShownTable<MappingRecord>;
  readonly capacityProviders: ShownTable<CapacityProviderRecord>;
  readonly settling: Settling;
  readonly quotas: Quotas;
  readonly key: ServerKey;
  /** The customers' keys for variables. */
  readonly keys: FunctionKeys;
  readonly codeSigning: ShownTable<CodeSigningRecord>;
  /** Absent where there is no Signer: then no signature is in order. */
  readonly signer: SignerClients | undefined;
  /** Who vouches for signing profiles. */
  readonly signingRoots: SigningRoots;
  readonly metrics: MetricSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly runtimes: RuntimePolicy;
  /** How far the provisioned concurrency of a function's alias or version is; absent where no environments are. */
  readonly allocation: ((functionArn: string, qualifier: string) => Allocation | undefined) | undefined;
  /** What function URLs are below, when it is not the endpoint of the call: `https://fn.example.com`. */
  readonly functionUrlBase: string | undefined;
  /** Whom roles trust; absent where roles are not known. */
  readonly roles: RoleTrustOptions | undefined;
  /** Where `Code.S3Bucket` is read from; absent while no S3 is configured. */
  readonly s3: S3Finder | undefined;
  /** Code that stays there. */
  readonly sources: CodeSources;
}

export interface LoadedFunction {
  readonly record: FunctionRecord;
  readonly revision: number;
}

/** Reads a function name as AWS does for `call`. Throws what AWS throws for one that leads nowhere here. */
export function referTo(functionName: string, place: Place, qualifier?: string): FunctionReference {
  const reference = parseReference(functionName, place, qualifier);
  if (reference.kind === "reference") return reference;
  throw referenceError(reference, place.region);
}

export async function findFunction(
  records: Records,
  place: Place,
  name: FunctionName,
): Promise<LoadedFunction | undefined> {
  const entry = await records.get(headKey(place, name));
  return entry && { record: asFunction(entry), revision: entry.revision };
}

/** As `findFunction`; throws ResourceNotFoundException naming `qualifier` when AWS's operation does so. */
export async function getFunction(
  plane: ControlPlane,
  reference: FunctionReference,
  qualifier?: string,
): Promise<LoadedFunction> {
  const found = await findFunction(plane.records, reference, reference.name);
  if (found === undefined) throw functionNotFound(qualifiedArn(reference, reference.name, qualifier));
  return found;
}

/** The version that `qualifier` means (an alias: its main version). Undefined when there is none. */
export async function findVersion(
  records: Records,
  record: FunctionRecord,
  qualifier: string | undefined,
): Promise<VersionRecord | undefined> {
  if (qualifier === undefined || qualifier === LATEST) return record.latest;
  if (!isPublishedVersion(qualifier)) {
    const alias = record.aliases.find(({ name }) => name === qualifier);
    return alias && findVersion(records, record, alias.version);
  }
  const published = record.versions.find(({ version }) => version === qualifier);
  const entry = published && (await records.get(versionKey(record, record.name, published.id)));
  return entry && asVersion(entry);
}

/** Writes a function that must not exist yet. Resolves when it is durable and invocations see it. */
export async function createFunctionRecord(plane: ControlPlane, record: FunctionRecord): Promise<void> {
  const stored = await plane.heads.change(placePath(record, record.name), (before) => {
    if (before !== undefined) throw conflict(`Function already exist: ${record.name}`);
    return record;
  });
  await untilFunctionShown(plane, record, stored?.revision ?? 0);
}

/**
 * Replaces a function's head by what `change` makes of it; undefined leaves it as it is. `change` may run several times.
 * Resolves with the head that is stored then, once it is durable and invocations see it.
 */
export async function changeFunction(
  plane: ControlPlane,
  reference: Place & { readonly name: FunctionName },
  change: (record: FunctionRecord) => FunctionRecord | undefined | Promise<FunctionRecord | undefined>,
  options: { readonly missing?: () => Error } = {},
): Promise<FunctionRecord> {
  const arn = functionArn(reference, reference.name);
  const missing = (): Error => options.missing?.() ?? functionNotFound(arn);
  const path = placePath(reference, reference.name);
  const stored = await busyAs(arn, () =>
    plane.heads.change(path, (before) => {
      if (before === undefined) throw missing();
      return change(before);
    }),
  );
  if (stored === undefined) throw missing();
  await untilFunctionShown(plane, reference, stored.revision);
  return stored.value;
}

/** `write`, whose loss against too many other writers becomes the conflict that clients know. */
export async function busyAs<T>(arn: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw error instanceof RevisionConflict ? tooManyWriters(arn) : error;
  }
}

/** Throws AWS's conflict while a creation or update of the function is in progress. */
export function requireSettled(record: FunctionRecord): void {
  if (isUnsettled(record.latest)) throw updateInProgress(functionArn(record, record.name));
}

function untilFunctionShown(
  plane: ControlPlane,
  at: Place & { readonly name: string },
  revision: number,
): Promise<void> {
  return untilShown(
    plane,
    plane.directory,
    () => (plane.directory.shownRevision(at, at.name) ?? -1) >= revision,
    `a change of ${at.name} is stored but not shown yet`,
  );
}

/** AWS's form of a time, `2026-01-31T23:59:59.123+0000`. */
export function awsTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "+0000");
}
