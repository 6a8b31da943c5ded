/**
 * What stands for the body in a signature. Only S3 lets clients leave the body unsigned, or sign it chunk by chunk; every
 * other service goes by the body that came, whatever a header states.
 */
import { queryPairs, type RequestHead, type SignatureClaim } from "./read-signature.ts";

/** `text` is the canonical request's last line. */
export type Payload =
  /** Nothing is stated: what stands there is the hash of the body that comes. */
  | { readonly kind: "actual" }
  /** SHA-256 of the body in hex, as the client states it. */
  | { readonly kind: "hash"; readonly text: string }
  | { readonly kind: "unsigned"; readonly text: string }
  | { readonly kind: "signed-chunks"; readonly text: string; readonly hasTrailer: boolean }
  /** A text that means nothing to S3. */
  | { readonly kind: "unknown"; readonly text: string };

const HEX_HASH = /^[0-9a-f]{64}$/;
const UNSIGNED = "UNSIGNED-PAYLOAD";
const BY_TEXT: Readonly<Record<string, Payload>> = {
  [UNSIGNED]: { kind: "unsigned", text: UNSIGNED },
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { kind: "unsigned", text: "STREAMING-UNSIGNED-PAYLOAD-TRAILER" },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": {
    kind: "signed-chunks",
    text: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    hasTrailer: false,
  },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": {
    kind: "signed-chunks",
    text: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    hasTrailer: true,
  },
};

export function payloadOf({ service, expiresSeconds }: SignatureClaim, head: RequestHead): Payload {
  const isS3 = service === "s3" || service === "s3express";
  const header = head.headers["x-amz-content-sha256"];
  const stated = typeof header === "string" ? header : isS3 ? statedInQuery(head) : undefined;
  if (stated !== undefined && HEX_HASH.test(stated)) return { kind: "hash", text: stated };
  if (!isS3) return { kind: "actual" };
  if (stated === undefined)
    return expiresSeconds === undefined ? { kind: "actual" } : { kind: "unsigned", text: UNSIGNED };
  const known = Object.hasOwn(BY_TEXT, stated) ? BY_TEXT[stated] : undefined;
  // Chunks are taken apart where the header says that there are some.
  const isForHeaders = stated.startsWith("STREAMING-");
  return known === undefined || (isForHeaders && header !== stated) ? { kind: "unknown", text: stated } : known;
}

function statedInQuery({ rawQuery }: RequestHead): string | undefined {
  return queryPairs(rawQuery).find(([name]) => name.toLowerCase() === "x-amz-content-sha256")?.[1];
}
