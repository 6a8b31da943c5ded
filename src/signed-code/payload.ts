/**
 * What a client sends to have a package signed without uploading it: the package's digests, as the payload of SignPayload.
 * The format is Lambent's own; AWS Signer signs packages of Lambda in S3 only.
 */
import type { ZipDigests } from "./zip-digests.ts";

export const ZIP_PAYLOAD_FORMAT = "application/vnd.lambent.zip-digests.v1+json";

const DIGEST = /^[0-9a-f]{96}$/;

export function payloadOf({ content, entries }: ZipDigests): Buffer {
  return Buffer.from(JSON.stringify({ content: content.toString("hex"), entries: entries.toString("hex") }));
}

/** Undefined for what is no such payload. */
export function digestsOf(payload: Uint8Array): ZipDigests | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString());
  } catch {
    // What is no JSON is no payload of ours, which the caller is told.
    return undefined;
  }
  const content: unknown = Reflect.get(Object(value), "content");
  const entries: unknown = Reflect.get(Object(value), "entries");
  if (typeof content !== "string" || typeof entries !== "string" || !DIGEST.test(content) || !DIGEST.test(entries)) {
    return undefined;
  }
  return { content: Buffer.from(content, "hex"), entries: Buffer.from(entries, "hex") };
}
