/**
 * KMS: keys that never leave the server, and what is done with them. Key material is sealed in the store; ciphertexts name
 * their key. Who may use a key is decided in front of this room.
 */
import type { Service } from "../../wire/index.ts";
import type { KmsClient, KmsPorts } from "./state.ts";

export type { KmsClient, KmsPorts } from "./state.ts";

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function kmsService(ports: KmsPorts): Service<KmsClient> {
  return {
    name: "kms",
    targets: ["TrentService"],
    async load() {
      const [client, { kmsHandlers }, { kmsAuthorization }] = await Promise.all([
        import("@aws-sdk/client-kms"),
        import("./handlers.ts"),
        import("./authorization.ts"),
      ]);
      return { client, handlers: kmsHandlers(ports), authorization: kmsAuthorization(ports) };
    },
  };
}
