/** GetCallerIdentity and GetAccessKeyInfo: who is calling. */
import type { Call, Handlers } from "../../wire/index.ts";
import { accountOfAccessKey } from "../kit/index.ts";
import { unknownAccessKey } from "./errors.ts";
import { findUserId, type IamApi } from "./iam-lookups.ts";
import { userIdOfPrincipal } from "./identities.ts";
import type { Sessions } from "./sessions.ts";
import type { StsClient } from "./state.ts";

export function callerIdentityHandlers(sessions: Sessions, iam: IamApi | undefined): Handlers<StsClient> {
  return {
    async GetCallerIdentity(_input, call) {
      const { principal } = call;
      return { UserId: await userIdOf(sessions, iam, call), Account: principal.accountId, Arn: principal.arn };
    },

    async GetAccessKeyInfo(input) {
      const account = accountOfAccessKey(input.AccessKeyId);
      if (account === undefined) throw unknownAccessKey();
      return { Account: account };
    },
  };
}

/** As it was when the session was issued, else as IAM has it, else one that follows from the caller's name. */
export async function userIdOf(sessions: Sessions, iam: IamApi | undefined, call: Call): Promise<string> {
  const { principal, region } = call;
  const issued = await sessions.userIdOf(principal);
  return issued ?? (await findUserId(iam, principal, region)) ?? userIdOfPrincipal(principal);
}
