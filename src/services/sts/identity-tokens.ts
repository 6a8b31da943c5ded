/** ID tokens of OpenID Connect: read, and their signature verified with a provider's keys. Fetches nothing. */
import { createPublicKey, verify, type webcrypto } from "node:crypto";
import { notJwt } from "./errors.ts";

export interface IdentityToken {
  readonly issuer: string;
  readonly subject: string;
  /** Whom it was made for; the authorized party where there is one. */
  readonly audience: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly notBefore: number | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** By the names of RFC 7518, section 3.1. */
const HASHES: Readonly<Record<string, string>> = {
  RS256: "sha256",
  RS384: "sha384",
  RS512: "sha512",
  ES256: "sha256",
  ES384: "sha384",
  ES512: "sha512",
};

/** Throws InvalidIdentityToken for what is not a signed token with the claims that STS needs. */
export function readIdentityToken(token: string): IdentityToken {
  const [head = "", body = "", signature = "", ...rest] = token.split(".");
  const header = parseMembers(head);
  const claims = parseMembers(body);
  const { iss, sub, aud, azp, exp, nbf } = claims;
  const { alg, kid } = header;
  const audience = typeof azp === "string" ? azp : Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (rest.length > 0 || signature === "" || typeof alg !== "string" || !Object.hasOwn(HASHES, alg)) throw notJwt();
  if (typeof iss !== "string" || typeof sub !== "string" || typeof audience !== "string" || typeof exp !== "number") {
    throw notJwt();
  }
  return {
    issuer: iss,
    subject: sub,
    audience,
    expiresAt: exp,
    notBefore: typeof nbf === "number" ? nbf : undefined,
    claims,
    algorithm: alg,
    keyId: typeof kid === "string" ? kid : undefined,
    signed: Buffer.from(`${head}.${body}`),
    signature: Buffer.from(signature, "base64url"),
  };
}

export type VerificationKey = webcrypto.JsonWebKey & { readonly kid?: string; readonly alg?: string };

/** Whether the token may have been signed with this key. */
export function isKeyOf({ keyId, algorithm }: IdentityToken, key: VerificationKey): boolean {
  const family = algorithm.startsWith("RS") ? "RSA" : "EC";
  return (keyId === undefined || key.kid === keyId) && key.kty === family && (key.alg ?? algorithm) === algorithm;
}

export function isSignedBy({ algorithm, signed, signature }: IdentityToken, jwk: VerificationKey): boolean {
  const hash = HASHES[algorithm];
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    // A key that is none signs nothing.
    return false;
  }
}

function parseMembers(encoded: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw notJwt();
    throw error;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw notJwt();
  return { ...parsed };
}
