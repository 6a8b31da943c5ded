/** What kinds of keys there are, as one table: what they are for, their algorithms, and how they are made. Pure. */
import type { EncryptionAlgorithmSpec, MacAlgorithmSpec, SigningAlgorithmSpec } from "@aws-sdk/client-kms";

export type KeySpecName =
  | "SYMMETRIC_DEFAULT"
  | "RSA_2048"
  | "RSA_3072"
  | "RSA_4096"
  | "ECC_NIST_P256"
  | "ECC_NIST_P384"
  | "ECC_NIST_P521"
  | "ECC_SECG_P256K1"
  | "HMAC_224"
  | "HMAC_256"
  | "HMAC_384"
  | "HMAC_512";

export type UsageName = "ENCRYPT_DECRYPT" | "SIGN_VERIFY" | "GENERATE_VERIFY_MAC";

export interface KeyKind {
  readonly usages: readonly UsageName[];
  readonly make:
    | { readonly kind: "bytes"; readonly length: number }
    | { readonly kind: "rsa"; readonly bits: number }
    | { readonly kind: "ec"; readonly curve: string };
  readonly encryption: readonly EncryptionAlgorithmSpec[];
  readonly signing: readonly SigningAlgorithmSpec[];
  readonly mac: readonly MacAlgorithmSpec[];
}

const RSA_SIGNING: readonly SigningAlgorithmSpec[] = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
];

function rsa(bits: number): KeyKind {
  return {
    usages: ["ENCRYPT_DECRYPT", "SIGN_VERIFY"],
    make: { kind: "rsa", bits },
    encryption: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    signing: RSA_SIGNING,
    mac: [],
  };
}

function ec(curve: string, signing: SigningAlgorithmSpec): KeyKind {
  return { usages: ["SIGN_VERIFY"], make: { kind: "ec", curve }, encryption: [], signing: [signing], mac: [] };
}

function hmac(length: number, mac: MacAlgorithmSpec): KeyKind {
  return { usages: ["GENERATE_VERIFY_MAC"], make: { kind: "bytes", length }, encryption: [], signing: [], mac: [mac] };
}

export const KEY_KINDS: Readonly<Record<KeySpecName, KeyKind>> = {
  SYMMETRIC_DEFAULT: {
    usages: ["ENCRYPT_DECRYPT"],
    make: { kind: "bytes", length: 32 },
    encryption: ["SYMMETRIC_DEFAULT"],
    signing: [],
    mac: [],
  },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec("P-256", "ECDSA_SHA_256"),
  ECC_NIST_P384: ec("P-384", "ECDSA_SHA_384"),
  ECC_NIST_P521: ec("P-521", "ECDSA_SHA_512"),
  ECC_SECG_P256K1: ec("secp256k1", "ECDSA_SHA_256"),
  HMAC_224: hmac(28, "HMAC_SHA_224"),
  HMAC_256: hmac(32, "HMAC_SHA_256"),
  HMAC_384: hmac(48, "HMAC_SHA_384"),
  HMAC_512: hmac(64, "HMAC_SHA_512"),
};

export function isKeySpec(name: string): name is KeySpecName {
  return Object.hasOwn(KEY_KINDS, name);
}
