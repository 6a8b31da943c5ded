/** Encrypt, Decrypt, ReEncrypt and data keys. Symmetric ciphertexts name their key; asymmetric ones do not. */

import { constants, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import type { DataKeySpec, EncryptionAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Call, Handlers } from "../../wire/index.ts";
import { type EncryptionContext, open, readHeader, seal } from "./ciphertext.ts";
import {
  bytesRequired,
  foreignCiphertext,
  incorrectKey,
  invalidCiphertext,
  oneLength,
  tooLong,
  wrongAlgorithm,
  wrongUsage,
} from "./errors.ts";
import { getUsableKey, keyArn } from "./find-key.ts";
import { openMaterial, privateKey } from "./key-material.ts";
import { KEY_KINDS } from "./key-specs.ts";
import { LIMITS } from "./limits.ts";
import type { KeyRecord } from "./records.ts";
import { rotatedIfDue } from "./rotation.ts";
import type { KmsClient, KmsState } from "./state.ts";

type Operations =
  | "Encrypt"
  | "Decrypt"
  | "ReEncrypt"
  | "GenerateDataKey"
  | "GenerateDataKeyWithoutPlaintext"
  | "GenerateRandom";

const SYMMETRIC = "SYMMETRIC_DEFAULT";
const OAEP_HASHES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  RSAES_OAEP_SHA_1: { name: "sha1", bytes: 20 },
  RSAES_OAEP_SHA_256: { name: "sha256", bytes: 32 },
};
const DATA_KEY_BYTES: Readonly<Record<DataKeySpec, number>> = { AES_128: 16, AES_256: 32 };

export function encryptionHandlers(state: KmsState): Pick<Handlers<KmsClient>, Operations> {
  async function dataKey(
    input: {
      readonly KeyId: string;
      readonly KeySpec?: DataKeySpec | undefined;
      readonly NumberOfBytes?: number | undefined;
      readonly EncryptionContext?: EncryptionContext | undefined;
    },
    call: Call,
  ): Promise<{ readonly plaintext: Buffer; readonly CiphertextBlob: Buffer; readonly KeyId: string }> {
    const { KeySpec, NumberOfBytes } = input;
    if ((KeySpec === undefined) === (NumberOfBytes === undefined)) throw oneLength();
    const key = await usable(state, call, input.KeyId);
    if (key.spec !== SYMMETRIC) throw wrongUsage(keyArn(key), key.usage, call.operation);
    const length = KeySpec === undefined ? (NumberOfBytes ?? 0) : DATA_KEY_BYTES[KeySpec];
    const plaintext = Buffer.from(state.random.hex(length), "hex");
    const CiphertextBlob = await encrypt(state, key, SYMMETRIC, plaintext, input.EncryptionContext ?? {});
    return { plaintext, CiphertextBlob, KeyId: keyArn(key) };
  }

  return {
    async Encrypt(input, call) {
      const key = await usable(state, call, input.KeyId);
      const algorithm = algorithmOf(key, input.EncryptionAlgorithm);
      const { Plaintext, EncryptionContext = {} } = input;
      const CiphertextBlob = await encrypt(state, key, algorithm, Plaintext, EncryptionContext);
      return input.DryRun ? {} : { CiphertextBlob, KeyId: keyArn(key), EncryptionAlgorithm: algorithm };
    },

    async Decrypt(input, call) {
      const { key, algorithm, Plaintext } = await decrypt(state, call, {
        blob: input.CiphertextBlob ?? new Uint8Array(),
        keyId: input.KeyId,
        algorithm: input.EncryptionAlgorithm,
        context: input.EncryptionContext ?? {},
      });
      return { KeyId: keyArn(key), Plaintext, EncryptionAlgorithm: algorithm };
    },

    async ReEncrypt(input, call) {
      const source = await decrypt(state, call, {
        blob: input.CiphertextBlob ?? new Uint8Array(),
        keyId: input.SourceKeyId,
        algorithm: input.SourceEncryptionAlgorithm,
        context: input.SourceEncryptionContext ?? {},
      });
      const key = await usable(state, call, input.DestinationKeyId);
      const algorithm = algorithmOf(key, input.DestinationEncryptionAlgorithm);
      const context = input.DestinationEncryptionContext ?? {};
      return {
        CiphertextBlob: await encrypt(state, key, algorithm, source.Plaintext, context),
        SourceKeyId: keyArn(source.key),
        KeyId: keyArn(key),
        SourceEncryptionAlgorithm: source.algorithm,
        DestinationEncryptionAlgorithm: algorithm,
      };
    },

    async GenerateDataKey(input, call) {
      const { plaintext, ...rest } = await dataKey(input, call);
      return { ...rest, Plaintext: plaintext };
    },

    async GenerateDataKeyWithoutPlaintext(input, call) {
      const { plaintext, ...rest } = await dataKey(input, call);
      plaintext.fill(0);
      return rest;
    },

    async GenerateRandom(input) {
      if (input.NumberOfBytes === undefined) throw bytesRequired();
      return { Plaintext: Buffer.from(state.random.hex(input.NumberOfBytes), "hex") };
    },
  };
}

/** A key that is there to encrypt. */
async function usable(state: KmsState, call: Call, given: string): Promise<KeyRecord> {
  const key = await getUsableKey(state, call, given);
  if (key.usage !== "ENCRYPT_DECRYPT") throw wrongUsage(keyArn(key), key.usage, call.operation);
  return key;
}

function algorithmOf(key: KeyRecord, given: EncryptionAlgorithmSpec | undefined): EncryptionAlgorithmSpec {
  const algorithm = given ?? SYMMETRIC;
  if (!KEY_KINDS[key.spec].encryption.includes(algorithm)) throw wrongAlgorithm(algorithm, key.spec);
  return algorithm;
}

async function encrypt(
  state: KmsState,
  key: KeyRecord,
  algorithm: EncryptionAlgorithmSpec,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Promise<Buffer> {
  if (algorithm !== SYMMETRIC) return encryptForPublicKey(key, algorithm, plaintext);
  if (plaintext.length > LIMITS.plaintextBytes) throw tooLong(algorithm, key.spec, LIMITS.plaintextBytes);
  const current = await rotatedIfDue(state, key);
  const newest = current.materials.at(-1);
  const material = openMaterial(await state.sealer(), current);
  if (newest === undefined || material === undefined) throw new Error(`key ${key.id} has no material`);
  const blob = seal(material, { keyArn: keyArn(current), materialId: newest.id }, plaintext, context, state.random);
  material.fill(0);
  return blob;
}

function encryptForPublicKey(key: KeyRecord, algorithm: EncryptionAlgorithmSpec, plaintext: Uint8Array): Buffer {
  const hash = OAEP_HASHES[algorithm];
  const { make } = KEY_KINDS[key.spec];
  if (hash === undefined || make.kind !== "rsa") throw wrongAlgorithm(algorithm, key.spec);
  const max = make.bits / 8 - 2 * hash.bytes - 2;
  if (plaintext.length > max) throw tooLong(algorithm, key.spec, max);
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey ?? "", "base64"), format: "der", type: "spki" });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key: publicKey, padding, oaepHash: hash.name }, plaintext);
}

interface Opened {
  readonly key: KeyRecord;
  readonly algorithm: EncryptionAlgorithmSpec;
  readonly Plaintext: Buffer;
}

async function decrypt(
  state: KmsState,
  call: Call,
  given: {
    readonly blob: Uint8Array;
    readonly keyId: string | undefined;
    readonly algorithm: EncryptionAlgorithmSpec | undefined;
    readonly context: EncryptionContext;
  },
): Promise<Opened> {
  if (given.algorithm !== undefined && given.algorithm !== SYMMETRIC) return decryptByPrivateKey(state, call, given);
  const parts = readHeader(given.blob);
  if (parts === undefined) throw invalidCiphertext();
  if (given.keyId !== undefined) {
    const named = await getUsableKey(state, call, given.keyId);
    if (keyArn(named) !== parts.keyArn) throw incorrectKey();
  }
  const key = await usable(state, call, parts.keyArn).catch((error: unknown) => {
    // A header may have been made up: whoever is no key's user is told nothing about which keys there are.
    throw error instanceof Error && error.name === "NotFoundException" ? foreignCiphertext() : error;
  });
  const material = openMaterial(await state.sealer(), key, parts.materialId);
  const Plaintext = material && open(material, parts, given.context);
  if (Plaintext === undefined) throw invalidCiphertext();
  return { key, algorithm: SYMMETRIC, Plaintext };
}

async function decryptByPrivateKey(
  state: KmsState,
  call: Call,
  given: {
    readonly blob: Uint8Array;
    readonly keyId: string | undefined;
    readonly algorithm: EncryptionAlgorithmSpec | undefined;
  },
): Promise<Opened> {
  if (given.keyId === undefined) throw invalidCiphertext();
  const key = await usable(state, call, given.keyId);
  const algorithm = algorithmOf(key, given.algorithm);
  const hash = OAEP_HASHES[algorithm];
  if (hash === undefined) throw wrongAlgorithm(algorithm, key.spec);
  const secret = privateKey(await state.sealer(), key);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  try {
    return { key, algorithm, Plaintext: privateDecrypt({ key: secret, padding, oaepHash: hash.name }, given.blob) };
  } catch {
    // OpenSSL says no more than that the padding does not fit.
    throw invalidCiphertext();
  }
}
