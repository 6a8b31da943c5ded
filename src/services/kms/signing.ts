/** Sign, Verify and GetPublicKey of asymmetric keys. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { MessageType, SigningAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Call, Handlers } from "../../wire/index.ts";
import { digestLength, invalidSignature, validation, wrongAlgorithm, wrongUsage } from "./errors.ts";
import { getKey, getUsableKey, keyArn, requireNotPending } from "./find-key.ts";
import { privateKey } from "./key-material.ts";
import { KEY_KINDS } from "./key-specs.ts";
import type { KeyRecord } from "./records.ts";
import { digestBytes, type SignatureScheme, schemeOf, signDigest, verifyDigest } from "./signature-schemes.ts";
import type { KmsClient, KmsState } from "./state.ts";

export function signingHandlers(state: KmsState): Pick<Handlers<KmsClient>, "Sign" | "Verify" | "GetPublicKey"> {
  return {
    async Sign(input, call) {
      const key = await signingKey(state, call, input);
      const { scheme, digest } = hashed(input);
      const Signature = signDigest(scheme, digest, privateKey(await state.sealer(), key), state.random);
      return { KeyId: keyArn(key), Signature, SigningAlgorithm: input.SigningAlgorithm };
    },

    async Verify(input, call) {
      const key = await signingKey(state, call, input);
      const { scheme, digest } = hashed(input);
      if (!verifyDigest(scheme, digest, input.Signature, publicKeyOf(key))) throw invalidSignature();
      return { KeyId: keyArn(key), SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
    },

    async GetPublicKey(input, call) {
      const key = await getKey(state, call, input.KeyId);
      requireNotPending(key);
      if (key.publicKey === undefined) throw wrongUsage(keyArn(key), key.usage, "GetPublicKey");
      const { encryption, signing } = KEY_KINDS[key.spec];
      return {
        KeyId: keyArn(key),
        PublicKey: Buffer.from(key.publicKey, "base64"),
        CustomerMasterKeySpec: key.spec,
        KeySpec: key.spec,
        KeyUsage: key.usage,
        ...(key.usage === "ENCRYPT_DECRYPT"
          ? { EncryptionAlgorithms: [...encryption] }
          : { SigningAlgorithms: [...signing] }),
      };
    },
  };
}

interface Given {
  readonly KeyId: string;
  readonly Message: Uint8Array;
  readonly MessageType?: MessageType | undefined;
  readonly SigningAlgorithm: SigningAlgorithmSpec;
}

async function signingKey(state: KmsState, call: Call, input: Given): Promise<KeyRecord> {
  const key = await getUsableKey(state, call, input.KeyId);
  if (key.usage !== "SIGN_VERIFY") throw wrongUsage(keyArn(key), key.usage, call.operation);
  if (!KEY_KINDS[key.spec].signing.includes(input.SigningAlgorithm))
    throw wrongAlgorithm(input.SigningAlgorithm, key.spec);
  return key;
}

function hashed(input: Given): { readonly scheme: SignatureScheme; readonly digest: Buffer } {
  const scheme = schemeOf(input.SigningAlgorithm);
  if (scheme === undefined) throw validation(`${input.SigningAlgorithm} is not supported.`);
  if (input.MessageType !== "DIGEST") return { scheme, digest: digestBytes(scheme, input.Message) };
  if (input.Message.length !== scheme.hashBytes) throw digestLength(input.SigningAlgorithm);
  return { scheme, digest: Buffer.from(input.Message) };
}

function publicKeyOf(key: KeyRecord): KeyObject {
  return createPublicKey({ key: Buffer.from(key.publicKey ?? "", "base64"), format: "der", type: "spki" });
}
