/** Reads and checks the signature of an uploaded package, before anything of it is kept. */
import { InvalidCodeSignatureException } from "@aws-sdk/client-lambda";
import { checkSignature, type DigestedZip, digestZip, Unsignable } from "../../signed-code/index.ts";
import { LIMITS } from "../limits.ts";
import type { ZipSource } from "../unzip.ts";
import type { PackageSignature } from "./records.ts";

/** The roots that are trusted, DER. */
export type SigningRoots = () => Promise<readonly Uint8Array[]>;

/**
 * Undefined for a package that is not signed, and for what is no zip, which is refused when it is unpacked. Throws
 * InvalidCodeSignatureException for a signature that does not fit, whatever the policy.
 */
export async function packageSignature(source: ZipSource, roots: SigningRoots): Promise<PackageSignature | undefined> {
  const digests = await digestsOf(source);
  if (digests?.signature === undefined) return undefined;
  const verdict = checkSignature(digests.signature, digests, await roots());
  if (verdict.kind === "broken") throw brokenSignature(verdict.reason);
  return {
    ...verdict.claims,
    standing: verdict.kind,
    certificateHashes: verdict.kind === "vouched" ? verdict.certificateHashes : [],
  };
}

async function digestsOf(source: ZipSource): Promise<DigestedZip | undefined> {
  try {
    return await digestZip(source, { bytesMax: LIMITS.unzippedBytes, onlyIfSigned: true });
  } catch (error) {
    if (error instanceof Unsignable) throw brokenSignature(error.message);
    // No zip, or too large a one: unpacking it says so in AWS's words.
    return undefined;
  }
}

/** AWS's words are not recorded but for what its API model says of the exception. */
function brokenSignature(reason: string): InvalidCodeSignatureException {
  const message = `Lambda cannot deploy the function. The code signature failed the integrity check: ${reason}.`;
  return new InvalidCodeSignatureException({ $metadata: {}, Type: "User", message, Message: message });
}
