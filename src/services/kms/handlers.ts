/** All handlers of KMS over one state. */
import type { Handlers } from "../../wire/index.ts";
import { aliasHandlers } from "./aliases.ts";
import { encryptionHandlers } from "./encryption.ts";
import { grantHandlers } from "./grants.ts";
import { keyPolicyHandlers } from "./key-policies.ts";
import { keyHandlers } from "./keys.ts";
import { macHandlers } from "./macs.ts";
import { rotationHandlers } from "./rotation.ts";
import { signingHandlers } from "./signing.ts";
import { createKmsState, type KmsClient, type KmsPorts } from "./state.ts";
import { tagHandlers } from "./tags.ts";

export function kmsHandlers(ports: KmsPorts): Handlers<KmsClient> {
  const state = createKmsState(ports);
  return {
    ...keyHandlers(state),
    ...aliasHandlers(state),
    ...encryptionHandlers(state),
    ...signingHandlers(state),
    ...macHandlers(state),
    ...rotationHandlers(state),
    ...keyPolicyHandlers(state),
    ...tagHandlers(state),
    ...grantHandlers(state),
  };
}
