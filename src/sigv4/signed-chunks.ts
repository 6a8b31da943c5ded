/**
 * The body of a request that was signed chunk by chunk: each chunk's signature covers its content and the signature
 * before it, beginning with the request's own, so that no chunk can be changed, left out, added or moved. The last chunk
 * is empty; trailers, where there are some, are signed after it.
 */
import { createHash, type Hash, hash } from "node:crypto";
import type { SignatureClaim } from "./read-signature.ts";
import { scopeText } from "./signing-keys.ts";
import { isSame, signatureOf } from "./verify-signature.ts";

const NOTHING = hash("sha256", "");
const TRAILER_SIGNATURE = "x-amz-trailer-signature";

export interface SignedChunksOptions {
  readonly claim: SignatureClaim;
  readonly secretAccessKey: string;
  readonly hasTrailer: boolean;
  /** What is thrown for a signature that does not hold. */
  readonly broken: () => Error;
}

export class SignedChunks {
  readonly #options: SignedChunksOptions;
  #previous: string;
  #content: Hash = createHash("sha256");
  #isEmpty = true;
  #isComplete = false;

  constructor(options: SignedChunksOptions) {
    this.#options = options;
    this.#previous = options.claim.signature;
  }

  push(bytes: Uint8Array): void {
    this.#content.update(bytes);
    this.#isEmpty &&= bytes.length === 0;
  }

  /** @throws what `broken` makes */
  endChunk(signature: string | undefined): void {
    this.#expect(signature, "AWS4-HMAC-SHA256-PAYLOAD", `${NOTHING}\n${this.#content.digest("hex")}`);
    this.#isComplete = this.#isEmpty;
    this.#content = createHash("sha256");
    this.#isEmpty = true;
  }

  /** @throws what `broken` makes */
  end(trailers: ReadonlyMap<string, string>): void {
    const { hasTrailer, broken } = this.#options;
    if (!this.#isComplete) throw broken();
    if (!hasTrailer) {
      if (trailers.size > 0) throw broken();
      return;
    }
    const lines = [...trailers].filter(([name]) => name !== TRAILER_SIGNATURE);
    const text = lines.map(([name, value]) => `${name}:${value}\n`).join("");
    this.#expect(trailers.get(TRAILER_SIGNATURE), "AWS4-HMAC-SHA256-TRAILER", hash("sha256", text));
  }

  #expect(signature: string | undefined, algorithm: string, content: string): void {
    const { claim, secretAccessKey, broken } = this.#options;
    const text = `${algorithm}\n${claim.time}\n${scopeText(claim)}\n${this.#previous}\n${content}`;
    const expected = signatureOf(claim, secretAccessKey, text);
    if (signature === undefined || !isSame(expected, signature)) throw broken();
    this.#previous = expected;
  }
}
