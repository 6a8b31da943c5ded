/** GetCallerIdentity and GetAccessKeyInfo: who is calling. */
import type { Handlers } from "../../wire/index.ts";
import { accountOfAccessKey } from "../kit/index.ts";
import { unknownAccessKey } from "./errors.ts";
import { userIdOfPrincipal } from "./identities.ts";
import type { Sessions } from "./sessions.ts";
import type { StsClient } from "./state.ts";

export function callerIdentityHandlers(sessions: Sessions): Handlers<StsClient> {
  return {
    async GetCallerIdentity(_input, { principal }) {
      return {
        UserId: (await sessions.userIdOf(principal)) ?? userIdOfPrincipal(principal),
        Account: principal.accountId,
        Arn: principal.arn,
      };
    },

    async GetAccessKeyInfo(input) {
      const account = accountOfAccessKey(input.AccessKeyId);
      if (account === undefined) throw unknownAccessKey();
      return { Account: account };
    },
  };
}
