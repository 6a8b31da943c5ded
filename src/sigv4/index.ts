/** Signatures of version 4 on the server's side: what a request claims, and whether it holds. */
export { normalized } from "./canonical-request.ts";
export { payloadOf } from "./payload.ts";
export { isProblem, mismatch, readSignature, type SignatureClaim, type SignatureProblem } from "./read-signature.ts";
export { SignedChunks } from "./signed-chunks.ts";
export {
  claimProblem,
  type Expectation,
  headProblem,
  type SignedRequest,
  verifySignature,
} from "./verify-signature.ts";
