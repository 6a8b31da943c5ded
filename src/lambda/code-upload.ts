/**
 * Where a function's code comes from: bytes in the request, an object in S3, or a live folder of the developer's own
 * machine (`S3Bucket=hot-reload, S3Key=/folder`, a habit people bring along). Content is durable and pinned when this
 * resolves; the caller releases the pin when its record is written or has failed.
 */
import { stat } from "node:fs/promises";
import { isAbsolute, normalize } from "node:path";
import type { Call, Place } from "../wire/index.ts";
import type { PackageSignature } from "./code-signing/records.ts";
import type { CodeSealing, StoredZip } from "./code-store.ts";
import type { ControlPlane } from "./control-plane.ts";
import { codeStorageExceeded, invalidParameter, unzippedTooLarge, zippedTooLarge, zipRefused } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { CodeRecord } from "./records.ts";
import type { ZipSource } from "./unzip.ts";
import { ZipRejected } from "./zip-plan.ts";

const HOT_RELOAD_BUCKET = "hot-reload";
const READABLE_BY_ALL = 0o005;

/** The members that name code, the same for functions and layers. */
export interface CodeInput {
  readonly ZipFile?: unknown;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly ImageUri?: string | undefined;
  readonly SourceKMSKeyArn?: string | undefined;
}

/** What happens to an upload before anything of it is kept. */
export interface UploadOptions {
  /** Looks at the package; what it throws is the answer. */
  readonly inspect?: ((source: ZipSource) => Promise<PackageSignature | undefined>) | undefined;
  /** Seals it, where a customer's key is named. */
  readonly sealing?: (() => Promise<CodeSealing>) | undefined;
}

interface UploadedZip {
  readonly zip: StoredZip;
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
  const sealing = keyArn ? () => plane.keys.newCodeKey(keyArn, functionArn, call) : undefined;
  const { zip, signature } = await uploadZip(plane, input, call, { inspect, sealing });
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
  options: UploadOptions = {},
): Promise<UploadedZip> {
  requireSpace(plane, call);
  let signature: PackageSignature | undefined;
  const prepare = async (source: ZipSource): Promise<CodeSealing | undefined> => {
    signature = await options.inspect?.(source);
    return options.sealing?.();
  };
  try {
    if (input.ZipFile instanceof Uint8Array) {
      if (input.ZipFile.length > LIMITS.zippedBytes) throw zippedTooLarge();
      const zip = await plane.code.add(input.ZipFile, await prepare(input.ZipFile));
      return { zip, signature };
    }
    if (input.S3Bucket !== undefined && input.S3Key !== undefined) {
      const zip = await fromS3(plane, input, call, prepare);
      return { zip, signature };
    }
  } catch (error) {
    if (!(error instanceof ZipRejected)) throw error;
    throw zipRefused(error.problem);
  }
  throw invalidParameter("Please provide a source for function code.");
}

async function fromS3(
  plane: ControlPlane,
  input: CodeInput,
  call: Call,
  prepare: (source: ZipSource) => Promise<CodeSealing | undefined>,
): Promise<StoredZip> {
  const s3 = await plane.s3?.({ principal: call.principal, region: call.region });
  if (s3 === undefined) throw getObjectFailed("NoSuchBucket", "The specified bucket does not exist");
  const request = {
    Bucket: input.S3Bucket ?? "",
    Key: input.S3Key ?? "",
    ...(input.S3ObjectVersion !== undefined && { VersionId: input.S3ObjectVersion }),
  };
  const { Body } = await s3.call("GetObject", request).catch((error: unknown) => {
    throw error instanceof Error ? getObjectFailed(error.name, error.message) : error;
  });
  try {
    return await plane.code.addStream(bytesOf(Body), LIMITS.unzippedBytes, prepare);
  } catch (error) {
    throw error instanceof RangeError ? unzippedTooLarge() : error;
  }
}

function getObjectFailed(code: string, message: string): Error {
  return invalidParameter(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`);
}

async function* bytesOf(body: unknown): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else if (typeof body === "string") yield Buffer.from(body);
  else if (typeof body === "object" && body !== null && Symbol.asyncIterator in body)
    yield* body as AsyncIterable<Uint8Array>;
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
