/**
 * Signed deployment packages in the form of AWS Signer: what is signed, how the signature looks, where it stands, and
 * whether it holds. Shared by who signs (the Signer service), who has things signed (the command line) and who checks
 * (Lambda). Pure: knows no service and no store.
 */
export { appendSignature } from "./append-signature.ts";
export { type Certified, makeRoot, makeSigner } from "./certificates.ts";
export { SIGNED_BYTES_MAX } from "./limits.ts";
export { digestsOf, payloadOf, ZIP_PAYLOAD_FORMAT } from "./payload.ts";
export { type Claims, checkSignature, makeSignature, type Verdict } from "./signature.ts";
export { type DigestedZip, digestZip, Unsignable, type ZipDigests } from "./zip-digests.ts";
