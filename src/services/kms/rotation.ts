/**
 * Rotation: a key gets new material at its time, and what was encrypted before still opens. Whoever encrypts first after
 * the time rotates, so that no timer is needed.
 */
import type { Handlers } from "../../wire/index.ts";
import { awsManaged, symmetricOnly } from "./errors.ts";
import { changeKey, getKey, getUsableKey, keyArn, requireNotPending } from "./find-key.ts";
import { makeMaterial, sealMaterial } from "./key-material.ts";
import { DAY_MS, LIMITS, MATERIALS_MAX } from "./limits.ts";
import type { KeyRecord } from "./records.ts";
import type { KmsClient, KmsState } from "./state.ts";

type Operations = "EnableKeyRotation" | "DisableKeyRotation" | "GetKeyRotationStatus";

const MATERIAL_ID_BYTES = 32;

export function rotationHandlers(state: KmsState): Pick<Handlers<KmsClient>, Operations> {
  return {
    async EnableKeyRotation(input, call) {
      const key = rotatable(await getUsableKey(state, call, input.KeyId));
      if (key.manager === "AWS") throw awsManaged(keyArn(key));
      const rotationDays = input.RotationPeriodInDays ?? LIMITS.rotationDays;
      await changeKey(state, key, (current) => ({ ...current, rotationDays }));
      return {};
    },

    async DisableKeyRotation(input, call) {
      const key = rotatable(await getUsableKey(state, call, input.KeyId));
      if (key.manager === "AWS") throw awsManaged(keyArn(key));
      await changeKey(state, key, ({ rotationDays: _none, ...rest }) => rest);
      return {};
    },

    async GetKeyRotationStatus(input, call) {
      // Of keys that cannot rotate the documentation says that the status is always false; only switching is refused.
      const key = await getKey(state, call, input.KeyId);
      requireNotPending(key);
      const due = dueAt(key);
      return {
        KeyRotationEnabled: due !== undefined,
        KeyId: keyArn(key),
        ...(due !== undefined && { RotationPeriodInDays: key.rotationDays, NextRotationDate: new Date(due) }),
      };
    },
  };
}

/** The key with the material that encrypts now. */
export async function rotatedIfDue(state: KmsState, key: KeyRecord): Promise<KeyRecord> {
  const now = state.clock.now();
  if (now < (dueAt(key) ?? Number.POSITIVE_INFINITY)) return key;
  const { secret } = await makeMaterial(key.spec, state.random);
  const sealed = sealMaterial(await state.sealer(), key.id, state.random.hex(MATERIAL_ID_BYTES), secret, now);
  secret.fill(0);
  return changeKey(state, key, (current) => {
    // Somebody else was faster, or there is no room for more: what is there goes on.
    if (now < (dueAt(current) ?? Number.POSITIVE_INFINITY) || current.materials.length >= MATERIALS_MAX) return current;
    return { ...current, materials: [...current.materials, sealed] };
  });
}

function dueAt({ materials, rotationDays }: KeyRecord): number | undefined {
  const newest = materials.at(-1);
  return rotationDays === undefined || newest === undefined ? undefined : newest.madeAt + rotationDays * DAY_MS;
}

function rotatable(key: KeyRecord): KeyRecord {
  if (key.spec !== "SYMMETRIC_DEFAULT") throw symmetricOnly(keyArn(key));
  return key;
}
