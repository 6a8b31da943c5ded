/** GenerateMac and VerifyMac: keyed hashes. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { MacAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Call, Handlers } from "../../wire/index.ts";
import { invalidMac, wrongAlgorithm, wrongUsage } from "./errors.ts";
import { getUsableKey, keyArn } from "./find-key.ts";
import { openMaterial } from "./key-material.ts";
import { KEY_KINDS } from "./key-specs.ts";
import type { KmsClient, KmsState } from "./state.ts";

export function macHandlers(state: KmsState): Pick<Handlers<KmsClient>, "GenerateMac" | "VerifyMac"> {
  async function macOf(
    input: { readonly KeyId: string; readonly Message: Uint8Array; readonly MacAlgorithm: MacAlgorithmSpec },
    call: Call,
  ): Promise<{ readonly KeyId: string; readonly mac: Buffer }> {
    const key = await getUsableKey(state, call, input.KeyId);
    if (key.usage !== "GENERATE_VERIFY_MAC") throw wrongUsage(keyArn(key), key.usage, call.operation);
    if (!KEY_KINDS[key.spec].mac.includes(input.MacAlgorithm)) throw wrongAlgorithm(input.MacAlgorithm, key.spec);
    const material = openMaterial(await state.sealer(), key);
    if (material === undefined) throw new Error(`key ${key.id} has no material`);
    const hash = input.MacAlgorithm.replace("HMAC_SHA_", "sha");
    return { KeyId: keyArn(key), mac: createHmac(hash, material).update(input.Message).digest() };
  }

  return {
    async GenerateMac(input, call) {
      const { KeyId, mac } = await macOf(input, call);
      return { Mac: mac, MacAlgorithm: input.MacAlgorithm, KeyId };
    },

    async VerifyMac(input, call) {
      const { KeyId, mac } = await macOf(input, call);
      if (mac.length !== input.Mac.length || !timingSafeEqual(mac, input.Mac)) throw invalidMac();
      return { KeyId, MacValid: true, MacAlgorithm: input.MacAlgorithm };
    },
  };
}
