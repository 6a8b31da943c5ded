/**
 * Encoded authorization messages: why a request was refused, for whoever may read it. Whoever refuses encodes, and
 * DecodeAuthorizationMessage decodes. Sealed with the store's secret, so a message can be neither read nor made elsewhere.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { JsonValue, Random } from "../../base/index.ts";
import { type Records, Sealer } from "../../store/index.ts";
import { STS_LIMITS } from "./limits.ts";

const PURPOSE = "sts/authorization-messages";

export interface AuthorizationMessages {
  /** The text that a refusal carries after "Encoded authorization failure message:". */
  encode(message: JsonValue): Promise<string>;
  /** The message as JSON; undefined for what was not encoded here. */
  decode(encoded: string): Promise<string | undefined>;
}

export function createAuthorizationMessages(ports: {
  readonly records: Records;
  readonly random: Random;
}): AuthorizationMessages {
  let opened: Promise<Sealer> | undefined;
  const sealer = async (): Promise<Sealer> => {
    opened ??= Sealer.of(ports.records, ports.random, PURPOSE);
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  return {
    async encode(message) {
      const sealed = (await sealer()).seal(deflateRawSync(JSON.stringify(message)), PURPOSE);
      return Buffer.from(sealed, "base64").toString("base64url");
    },

    async decode(encoded) {
      const sealed = Buffer.from(encoded, "base64url").toString("base64");
      const { maxDecodedBytes: maxOutputLength } = STS_LIMITS;
      const key = await sealer();
      try {
        return inflateRawSync(key.open(sealed, PURPOSE), { maxOutputLength }).toString("utf8");
      } catch {
        // Whatever is wrong with it, it was not made here, and that is the answer.
        return undefined;
      }
    },
  };
}
