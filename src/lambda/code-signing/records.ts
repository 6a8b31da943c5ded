/** What is kept of code signing: configurations, and what the signature of a package says. */
import { array, integer, mapOf, object, oneOf, optional, type ShapeType, text } from "../../store/index.ts";

export const codeSigningShape = object({
  /** `csc-` and 17 characters. */
  id: text,
  accountId: text,
  region: text,
  description: optional(text),
  /** ARNs of versions of signing profiles. */
  publishers: array(text),
  policy: oneOf("Warn", "Enforce"),
  lastModified: text,
  tags: mapOf(text),
});
export type CodeSigningRecord = ShapeType<typeof codeSigningShape>;

export const CODE_SIGNING_TABLE = "lambda/code-signing-configs";

/** Of a package whose signature fits it. */
export const packageSignatureShape = object({
  profileVersionArn: text,
  jobArn: text,
  /** Epoch milliseconds. */
  signedMs: integer,
  expiresMs: integer,
  /** Whether a root that this server trusts vouches for it. */
  standing: oneOf("vouched", "stranger"),
  certificateHashes: array(text),
});
export type PackageSignature = ShapeType<typeof packageSignatureShape>;
