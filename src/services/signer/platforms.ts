/** Signing platforms: Lambda's is the one that there is. */
import type { SigningPlatform } from "@aws-sdk/client-signer";
import type { Handlers } from "../../wire/index.ts";
import { platformNotFound } from "./errors.ts";
import { PLATFORM, PLATFORM_NAME } from "./limits.ts";
import type { SignerClient } from "./state.ts";

const LAMBDA: SigningPlatform = {
  platformId: PLATFORM,
  displayName: PLATFORM_NAME,
  partner: "AWSLambda",
  target: "SHA384-ECDSA",
  category: "AWSIoT",
  maxSizeInMB: 250,
  revocationSupported: true,
};

export function platformHandlers(): Pick<Handlers<SignerClient>, "GetSigningPlatform" | "ListSigningPlatforms"> {
  return {
    async GetSigningPlatform(input) {
      if (input.platformId !== PLATFORM) throw platformNotFound(input.platformId);
      return LAMBDA;
    },

    async ListSigningPlatforms() {
      return { platforms: [LAMBDA] };
    },
  };
}
