/**
 * Bodies against what was signed of them, while they are read: a stated hash, a signature that covers the body itself,
 * or chunks that are signed one by one. `refuse` decides what becomes of a body that is another one.
 */
import { createHash } from "node:crypto";
import { type SignatureClaim, SignedChunks } from "../sigv4/index.ts";
import type { BodyCheck, ServiceError } from "../wire/index.ts";

export type Refuse = (refusal: ServiceError) => void;

/** `verify` is told the hash of the whole body, in hex, and makes the refusal, if it is one. */
export function wholeBody(verify: (sha256: string) => ServiceError | undefined, refuse: Refuse): BodyCheck {
  const content = createHash("sha256");
  return {
    plain: {
      push: (bytes) => void content.update(bytes),
      end: () => {
        const refusal = verify(content.digest("hex"));
        if (refusal !== undefined) refuse(refusal);
      },
    },
    chunked: undefined,
  };
}

export function signedChunks(
  options: { readonly claim: SignatureClaim; readonly secretAccessKey: string; readonly hasTrailer: boolean },
  broken: () => ServiceError,
  refuse: Refuse,
): BodyCheck {
  const chunks = new SignedChunks({ ...options, broken: () => new Broken() });
  let isBroken = false;
  // After the first signature that does not hold no other can.
  const checked = (step: () => void): void => {
    if (isBroken) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      isBroken = true;
      refuse(broken());
    }
  };
  return {
    plain: undefined,
    chunked: {
      push: (bytes) => chunks.push(bytes),
      endChunk: (signature) => checked(() => chunks.endChunk(signature)),
      end: (trailers) => checked(() => chunks.end(trailers)),
    },
  };
}

class Broken extends Error {
  override readonly name = "Broken";
}
