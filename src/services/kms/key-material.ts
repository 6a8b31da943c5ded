/**
 * Makes key material and keeps it sealed: it is in the open only while an operation uses it. Asymmetric material is the
 * private key as PKCS #8.
 */
import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { Random } from "../../base/index.ts";
import type { Sealer } from "../../store/index.ts";
import { KEY_KINDS, type KeySpecName } from "./key-specs.ts";
import type { KeyRecord } from "./records.ts";

const generate = promisify(generateKeyPair);

export interface NewMaterial {
  readonly secret: Buffer;
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Buffer | undefined;
}

export async function makeMaterial(spec: KeySpecName, random: Random): Promise<NewMaterial> {
  const { make } = KEY_KINDS[spec];
  if (make.kind === "bytes") return { secret: Buffer.from(random.hex(make.length), "hex"), publicKey: undefined };
  const encodings = {
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  } as const;
  const pair =
    make.kind === "rsa"
      ? await generate("rsa", { modulusLength: make.bits, ...encodings })
      : await generate("ec", { namedCurve: make.curve, ...encodings });
  return { secret: pair.privateKey, publicKey: pair.publicKey };
}

/** `id` names the material within its key. */
export function sealMaterial(
  sealer: Sealer,
  keyId: string,
  id: string,
  secret: Uint8Array,
  madeAt: number,
): KeyRecord["materials"][number] {
  return { id, sealed: sealer.seal(secret, place(keyId, id)), madeAt };
}

/** The newest material, or that of `id`; undefined when the key has none of that name. */
export function openMaterial(sealer: Sealer, key: KeyRecord, id?: string): Buffer | undefined {
  const found = id === undefined ? key.materials.at(-1) : key.materials.find((material) => material.id === id);
  return found && sealer.open(found.sealed, place(key.id, found.id));
}

export function privateKey(sealer: Sealer, key: KeyRecord): KeyObject {
  const der = openMaterial(sealer, key);
  if (der === undefined) throw new Error(`key ${key.id} has no material`);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function place(keyId: string, id: string): string {
  return `kms/${keyId}/${id}`;
}
