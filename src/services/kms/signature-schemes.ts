/**
 * KMS's signing algorithms over a digest that is already there, which node:crypto offers for none of them: RSA by its raw
 * operation under the paddings of RFC 8017, ECDSA in ecdsa.ts. Pure.
 */
import { constants, createHash, type KeyObject, privateEncrypt, publicDecrypt, timingSafeEqual } from "node:crypto";
import type { SigningAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Random } from "../../base/index.ts";
import { signEcdsa, verifyEcdsa } from "./ecdsa.ts";

export interface SignatureScheme {
  readonly kind: "pkcs1" | "pss" | "ecdsa";
  readonly hash: string;
  readonly hashBytes: number;
}

const KINDS = { RSASSA_PKCS1_V1_5: "pkcs1", RSASSA_PSS: "pss", ECDSA: "ecdsa" } as const;
const NAMED = /^(RSASSA_PKCS1_V1_5|RSASSA_PSS|ECDSA)_SHA_(256|384|512)$/;

/** DER in front of a digest: RFC 8017, section 9.2, note 1. */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha256: "3031300d060960864801650304020105000420",
  sha384: "3041300d060960864801650304020205000430",
  sha512: "3051300d060960864801650304020305000440",
};

export function schemeOf(algorithm: SigningAlgorithmSpec): SignatureScheme | undefined {
  const [, name, bits] = NAMED.exec(algorithm) ?? [];
  if (name === undefined || bits === undefined) return undefined;
  return { kind: KINDS[name as keyof typeof KINDS], hash: `sha${bits}`, hashBytes: Number(bits) / 8 };
}

export function digestBytes({ hash }: SignatureScheme, message: Uint8Array): Buffer {
  return createHash(hash).update(message).digest();
}

export function signDigest(scheme: SignatureScheme, digest: Uint8Array, key: KeyObject, random: Random): Buffer {
  switch (scheme.kind) {
    case "ecdsa":
      return signEcdsa(digest, key);
    case "pkcs1":
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(scheme, digest));
    case "pss": {
      const bits = modulusBits(key);
      const salt = Buffer.from(random.hex(scheme.hashBytes), "hex");
      const encoded = encodePss(scheme, digest, salt, bits - 1);
      return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, padStart(encoded, bits / 8));
    }
  }
}

export function verifyDigest(
  scheme: SignatureScheme,
  digest: Uint8Array,
  signature: Uint8Array,
  key: KeyObject,
): boolean {
  if (scheme.kind === "ecdsa") return verifyEcdsa(digest, signature, key);
  const bits = modulusBits(key);
  if (signature.length !== bits / 8) return false;
  const padding = scheme.kind === "pkcs1" ? constants.RSA_PKCS1_PADDING : constants.RSA_NO_PADDING;
  let opened: Buffer;
  try {
    opened = publicDecrypt({ key, padding }, signature);
  } catch {
    // A signature that is no number below the modulus, or has another padding.
    return false;
  }
  return scheme.kind === "pkcs1" ? equal(opened, digestInfo(scheme, digest)) : isPss(scheme, digest, opened, bits - 1);
}

function digestInfo({ hash }: SignatureScheme, digest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? "", "hex"), digest]);
}

/** RFC 8017, section 9.1.1, with a salt as long as the digest. */
function encodePss(scheme: SignatureScheme, digest: Uint8Array, salt: Uint8Array, bits: number): Buffer {
  const length = Math.ceil(bits / 8);
  const hashed = saltedHash(scheme, digest, salt);
  const data = Buffer.alloc(length - hashed.length - 1);
  data[data.length - salt.length - 1] = 1;
  data.set(salt, data.length - salt.length);
  const masked = xor(data, mask(scheme, hashed, data.length));
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * length - bits));
  return Buffer.concat([masked, hashed, Buffer.from([0xbc])]);
}

function isPss(scheme: SignatureScheme, digest: Uint8Array, opened: Buffer, bits: number): boolean {
  const length = Math.ceil(bits / 8);
  const encoded = opened.subarray(opened.length - length);
  const dataLength = length - scheme.hashBytes - 1;
  const hashed = encoded.subarray(dataLength, dataLength + scheme.hashBytes);
  const data = xor(encoded.subarray(0, dataLength), mask(scheme, hashed, dataLength));
  const salt = data.subarray(dataLength - scheme.hashBytes);
  return equal(encoded, encodePss(scheme, digest, salt, bits));
}

function saltedHash({ hash }: SignatureScheme, digest: Uint8Array, salt: Uint8Array): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** MGF1, RFC 8017, appendix B.2.1. */
function mask({ hash, hashBytes }: SignatureScheme, seed: Uint8Array, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let counter = 0; counter * hashBytes < length; counter += 1) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    parts.push(createHash(hash).update(seed).update(number).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}

function padStart(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
