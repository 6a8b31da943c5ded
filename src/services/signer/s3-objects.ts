/** Signs a package that lies in S3, as a customer of S3: reads it, puts the signature in, writes it to its destination. */
import { Readable } from "node:stream";
import { appendSignature, digestZip } from "../../signed-code/index.ts";
import type { ServiceClient } from "../../wire/index.ts";
import { LIMITS } from "./limits.ts";
import type { JobRecord, ProfileRecord } from "./records.ts";
import { signDigests } from "./sign.ts";
import type { S3Client, SignerState } from "./state.ts";

export interface ObjectToSign {
  readonly s3: ServiceClient<S3Client>;
  readonly profile: ProfileRecord;
  /** With its source. */
  readonly job: JobRecord;
  readonly to: { readonly bucket: string; readonly key: string };
}

/** How the job ended. Never rejects: what goes wrong is the job's reason. */
export async function signObject(
  state: SignerState,
  { s3, profile, job, to }: ObjectToSign,
): Promise<Pick<JobRecord, "status" | "statusReason" | "completedAt" | "expiresAt" | "signedObject">> {
  try {
    const { bucket, key, version } = job.source ?? { bucket: "", key: "" };
    const { Body } = await s3.call("GetObject", { Bucket: bucket, Key: key, VersionId: version });
    const zip = await bytesOf(Body);
    const digests = await digestZip(zip, { bytesMax: LIMITS.sourceBytes, withFolder: true });
    if (digests.signature !== undefined) throw new Error("The package is signed already.");
    const { pem, expiresAt } = await signDigests(state, profile, job, digests);
    const signed = appendSignature(zip, pem, digests);
    await s3.call("PutObject", {
      Bucket: to.bucket,
      Key: to.key,
      Body: Readable.from([signed]),
      ContentLength: signed.length,
    });
    return { status: "Succeeded", completedAt: state.clock.now(), expiresAt, signedObject: to };
  } catch (error) {
    const statusReason = error instanceof Error ? error.message || error.name : String(error);
    return { status: "Failed", statusReason, completedAt: state.clock.now() };
  }
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (typeof body === "object" && body !== null && Symbol.asyncIterator in body) {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > LIMITS.sourceBytes) throw new RangeError("The package is too large to be signed.");
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}
