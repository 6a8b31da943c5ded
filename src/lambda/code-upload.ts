/**
 * Where a function's code comes from: bytes in the request, an object in S3, or a live folder of the developer's own
 * machine (`S3Bucket=hot-reload, S3Key=/folder`, a habit people bring along). Content is durable and pinned when this
 * resolves; the caller releases the pin when its record is written or has failed.
 */
import { stat } from "node:fs/promises";
import { isAbsolute, normalize } from "node:path";
import type { Call, Place } from "../wire/index.ts";
import type { PackageSignature } from "./code-signing/records.ts";
import { bytesOf, codeOf, discard, type SourceOwner, SourceProblem } from "./code-sources.ts";
import type { CodeSealing, StoredZip } from "./code-store.ts";
import type { ControlPlane } from "./control-plane.ts";
import {
  closedToLambda,
  codeStorageExceeded,
  deniedByS3,
  getObjectFailed,
  invalidParameter,
  unzippedTooLarge,
  zippedTooLarge,
  zipRefused,
} from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { CodeRecord, ObjectSource } from "./records.ts";
import type { ZipSource } from "./unzip.ts";
import { ZipRejected } from "./zip-plan.ts";

/** Of `S3ObjectStorageMode`: no copy is made. */
const REFERENCE = "REFERENCE";
const HOT_RELOAD_BUCKET = "hot-reload";
const READABLE_BY_ALL = 0o005;

/** The members that name code, the same for functions and layers. */
export interface CodeInput {
  readonly ZipFile?: unknown;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly S3ObjectStorageMode?: string | undefined;
  readonly ImageUri?: string | undefined;
  readonly SourceKMSKeyArn?: string | undefined;
}

/** What happens to an upload before anything of it is kept. */
export interface UploadOptions {
  /** Looks at the package; what it throws is the answer. */
  readonly inspect?: ((source: ZipSource) => Promise<PackageSignature | undefined>) | undefined;
  /** Seals it, where a customer's key is named. */
  readonly sealing?: (() => Promise<CodeSealing>) | undefined;
  /** Whose code it is. */
  readonly ownerArn: string;
}

interface UploadedZip {
  readonly zip: StoredZip & { readonly source?: ObjectSource };
  readonly signature: PackageSignature | undefined;
}

/** Code with its pin; `using` it releases the pin at the end of the scope. */
export interface UploadedCode extends Disposable {
  readonly code: CodeRecord;
}

/** `functionArn` is unqualified. */
export async function uploadCode(
  plane: ControlPlane,
  input: CodeInput,
  call: Call,
  functionArn: string,
  inspect?: UploadOptions["inspect"],
): Promise<UploadedCode> {
  if (input.S3Bucket === HOT_RELOAD_BUCKET && input.S3Key !== undefined) {
    // A folder is never signed, which an inspection that is told of an empty package finds as well.
    await inspect?.(new Uint8Array());
    return { code: await liveFolder(plane, input.S3Key), [Symbol.dispose]: () => undefined };
  }
  const { SourceKMSKeyArn: keyArn } = input;
  // Nothing is kept that could be sealed. What AWS says is not known.
  if (keyArn && input.S3ObjectStorageMode === REFERENCE) {
    throw invalidParameter("SourceKMSKeyArn is not supported when S3ObjectStorageMode is REFERENCE.");
  }
  const sealing = keyArn ? () => plane.keys.newCodeKey(keyArn, functionArn, call) : undefined;
  const { zip, signature } = await uploadZip(plane, input, call, { inspect, sealing, ownerArn: functionArn });
  return {
    code: { kind: "zip", ...zip, ...(signature && { signature }) },
    [Symbol.dispose]: () => plane.code.release(zip.sha256),
  };
}

/** Stores and pins a zip: of a function or a layer. Throws AWS's exceptions for what cannot be taken. */
export async function uploadZip(
  plane: ControlPlane,
  input: CodeInput,
  call: Call,
  options: UploadOptions,
): Promise<UploadedZip> {
  if (input.S3ObjectStorageMode !== REFERENCE) requireSpace(plane, call);
  let signature: PackageSignature | undefined;
  const prepare = async (source: ZipSource): Promise<CodeSealing | undefined> => {
    signature = await options.inspect?.(source);
    return options.sealing?.();
  };
  try {
    const { ZipFile, S3Bucket, S3Key, S3ObjectVersion } = input;
    const isInS3 = S3Bucket !== undefined || S3Key !== undefined || S3ObjectVersion !== undefined;
    if (ZipFile instanceof Uint8Array) {
      if (isInS3)
        throw invalidParameter("Please do not provide other FunctionCode parameters when providing a ZipFile.");
      if (ZipFile.length > LIMITS.zippedBytes) throw zippedTooLarge();
      const zip = await plane.code.add(ZipFile, await prepare(ZipFile));
      return { zip, signature };
    }
    if (S3Bucket !== undefined && S3Key !== undefined) {
      const zip = await fromS3(plane, input, call, prepare, options.ownerArn);
      return { zip, signature };
    }
    if (isInS3) throw invalidParameter("S3 Bucket and Key are required for uploading with S3 parameters.");
  } catch (error) {
    if (!(error instanceof ZipRejected)) throw error;
    throw zipRefused(error.problem);
  }
  throw invalidParameter("Please provide a source for function code.");
}

/** Reads in the name of whoever calls; code that is to stay in S3 must be open to Lambda itself, too. */
async function fromS3(
  plane: ControlPlane,
  input: CodeInput,
  call: Call,
  prepare: (source: ZipSource) => Promise<CodeSealing | undefined>,
  ownerArn: string,
): Promise<UploadedZip["zip"]> {
  const bucket = input.S3Bucket ?? "";
  const key = input.S3Key ?? "";
  const asked = input.S3ObjectVersion;
  const s3 = await plane.s3?.({ principal: call.principal, region: call.region });
  if (s3 === undefined) throw getObjectFailed("NoSuchBucket", "The specified bucket does not exist", asked);
  const request = { Bucket: bucket, Key: key, ...(asked !== undefined && { VersionId: asked }) };
  const { Body, VersionId } = await s3.call("GetObject", request).catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    const code = codeOf(error);
    if (code === "AccessDenied") throw deniedByS3(`${bucket}/${key}`, error.message, asked);
    throw getObjectFailed(code, error.message, asked);
  });
  const copies = input.S3ObjectStorageMode !== REFERENCE;
  try {
    const source = copies ? undefined : await lastingSource(plane, { bucket, key, version: VersionId }, call, ownerArn);
    const zip = await plane.code.addStream(bytesOf(Body), LIMITS.unzippedBytes, prepare, { copies });
    return { ...zip, ...(source && { source }) };
  } catch (error) {
    discard(Body);
    throw error instanceof RangeError ? unzippedTooLarge() : error;
  }
}

async function lastingSource(
  plane: ControlPlane,
  { bucket, key, version }: { readonly bucket: string; readonly key: string; readonly version: string | undefined },
  { accountId, region }: Place,
  arn: string,
): Promise<ObjectSource> {
  // What a bucket without versions calls its only one. AWS requires versions; its words are not known.
  if (version === undefined || version === "null") {
    throw invalidParameter(
      `The bucket ${bucket} does not have versioning enabled. S3ObjectStorageMode REFERENCE requires S3 versioning.`,
    );
  }
  const source = { bucket, key, version };
  await requireSource(plane, source, { accountId, region, arn });
  return source;
}

/** Throws AWS's exceptions where Lambda cannot read the object. */
export async function requireSource(
  { sources }: Pick<ControlPlane, "sources">,
  source: ObjectSource,
  owner: SourceOwner,
): Promise<void> {
  try {
    await sources.require(source, owner);
  } catch (error) {
    if (!(error instanceof SourceProblem)) throw error;
    const { code, message } = error;
    throw code === "AccessDenied" ? closedToLambda(source) : getObjectFailed(code, message, source.version);
  }
}

async function liveFolder(plane: ControlPlane, path: string): Promise<CodeRecord> {
  const given = normalize(path);
  if (!isAbsolute(given)) throw invalidParameter(`A live folder is named by its absolute path, not ${path}`);
  const found = await stat(given).catch((error: unknown) => {
    throw invalidParameter(
      `The live folder ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  if (!found.isDirectory()) throw invalidParameter(`The live folder ${path} is not a folder`);
  if ((found.mode & READABLE_BY_ALL) !== READABLE_BY_ALL) {
    plane.log.warn("a live folder is closed to other users: a function in a sandbox cannot read it", { path: given });
  }
  return { kind: "folder", path: given };
}

/** Throws CodeStorageExceededException when nothing more may be stored. */
export function requireSpace(plane: ControlPlane, place: Place): void {
  if (totalCodeSize(plane, place) >= plane.quotas.codeStorageBytes) throw codeStorageExceeded();
}

/** Bytes of all zips, of function versions and layers, of an account and region. */
export function totalCodeSize(plane: ControlPlane, place: Place): number {
  return plane.layers.totalBytes(place) + plane.directory.usage(place).codeBytes;
}
