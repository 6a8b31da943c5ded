/** All handlers of Signer over one state. */
import type { Handlers } from "../../wire/index.ts";
import { jobHandlers } from "./jobs.ts";
import { permissionHandlers } from "./permissions.ts";
import { platformHandlers } from "./platforms.ts";
import { profileHandlers } from "./profiles.ts";
import { revocationHandlers } from "./revocations.ts";
import { createSignerState, type SignerClient, type SignerPorts } from "./state.ts";
import { tagHandlers } from "./tags.ts";

export function signerHandlers(ports: SignerPorts): Handlers<SignerClient> {
  const state = createSignerState(ports);
  return {
    ...profileHandlers(state),
    ...jobHandlers(state),
    ...permissionHandlers(state),
    ...revocationHandlers(state),
    ...platformHandlers(),
    ...tagHandlers(state),
  };
}
