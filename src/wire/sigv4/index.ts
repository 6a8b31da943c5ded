/** Signatures of version 4 on the server's side: what a request claims, and whether it holds. */
export { isProblem, readSignature, type SignatureProblem } from "./read-signature.ts";
export { type SignedRequest, verifySignature } from "./verify-signature.ts";
