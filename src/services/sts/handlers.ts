/** All handlers of STS over one state. */
import type { Handlers } from "../../wire/index.ts";
import { assumeRoleHandlers } from "./assume-role.ts";
import { createAuthorizationMessages } from "./authorization-messages.ts";
import { callerIdentityHandlers } from "./caller-identity.ts";
import { invalidAuthorizationMessage } from "./errors.ts";
import { Sessions } from "./sessions.ts";
import type { StsClient, StsOptions } from "./state.ts";
import { userSessionHandlers } from "./user-sessions.ts";
import { webIdentityHandlers } from "./web-identity.ts";

export function stsHandlers(options: StsOptions): Handlers<StsClient> {
  const { store, clock, random, iamClient: iam, log } = options;
  const sessions = new Sessions(options);
  const messages = createAuthorizationMessages({ records: store.records, random });
  return {
    ...callerIdentityHandlers(sessions, iam),
    ...assumeRoleHandlers(sessions, iam),
    ...userSessionHandlers(sessions, iam),
    ...webIdentityHandlers(sessions, { clock, iam, log }),

    async DecodeAuthorizationMessage(input) {
      const decoded = await messages.decode(input.EncodedMessage);
      if (decoded === undefined) throw invalidAuthorizationMessage();
      return { DecodedMessage: decoded };
    },
  };
}
