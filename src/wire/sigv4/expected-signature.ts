/**
 * The signature that a request should have, by the library with which AWS's SDKs sign. Loaded with the first signature
 * that is checked.
 */
import { Sha256 } from "@smithy/core/checksum";
import { createScope, getCanonicalHeaders, getSigningKey, SignatureV4Base } from "@smithy/signature-v4";

export interface Signable {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** Decoded, without the signature itself. */
  readonly query: ReadonlyMap<string, string[]>;
  /** Those that are signed, by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** SHA-256 of the body in hex, or what stands for it. */
  readonly payloadHash: string;
}

export interface SigningScope {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  /** `20260131T235959Z` */
  readonly time: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** 64 hex digits. */
export function expectedSignature(request: Signable, scope: SigningScope): Promise<string> {
  return (scope.service === "s3" ? PLAIN_PATHS : ESCAPED_PATHS).signatureOf(request, scope);
}

class Resigner extends SignatureV4Base {
  constructor(uriEscapePath: boolean) {
    const unused = { accessKeyId: "", secretAccessKey: "" };
    super({ service: "", region: "", credentials: unused, sha256: Sha256, uriEscapePath });
  }

  async signatureOf(request: Signable, scope: SigningScope): Promise<string> {
    const { time, region, service } = scope;
    const date = time.slice(0, 8);
    const headers = Object.fromEntries(request.headers);
    const parts = {
      method: request.method,
      protocol: "http:",
      hostname: "",
      path: request.path,
      query: Object.fromEntries(request.query),
      headers,
    };
    const canonicalHeaders = getCanonicalHeaders(parts, undefined, new Set(request.headers.keys()));
    const canonical = this.createCanonicalRequest(parts, canonicalHeaders, request.payloadHash);
    const text = await this.createStringToSign(time, createScope(date, region, service), canonical, ALGORITHM);
    const hash = new Sha256(await getSigningKey(Sha256, scope, date, region, service));
    hash.update(Buffer.from(text));
    return Buffer.from(await hash.digest()).toString("hex");
  }
}

/** S3 signs paths as they are, every other service escapes them once more. */
const PLAIN_PATHS = new Resigner(false);
const ESCAPED_PATHS = new Resigner(true);
