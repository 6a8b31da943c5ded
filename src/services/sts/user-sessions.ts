/** GetSessionToken and GetFederationToken: temporary credentials of a user, or for somebody on the user's behalf. */
import type { Call, Handlers } from "../../wire/index.ts";
import { callingSession } from "./assume-role.ts";
import { userIdOf } from "./caller-identity.ts";
import { sessionCredentials } from "./errors.ts";
import type { IamApi } from "./iam-lookups.ts";
import { STS_LIMITS } from "./limits.ts";
import { sessionLimits } from "./session-limits.ts";
import type { Sessions } from "./sessions.ts";
import type { StsClient } from "./state.ts";

export function userSessionHandlers(sessions: Sessions, iam: IamApi | undefined): Handlers<StsClient> {
  /** Throws AccessDenied for a caller that is a session itself. */
  async function refuseSessions(call: Call): Promise<void> {
    const session = await callingSession(sessions, call);
    if (session !== undefined || call.principal.kind === "assumed-role") throw sessionCredentials(call.operation);
  }

  return {
    async GetSessionToken(input, call) {
      await refuseSessions(call);
      const { kind, accountId, arn } = call.principal;
      const userId = await userIdOf(sessions, iam, call);
      const identity = { kind, accountId, arn, userId, userArn: arn };
      return { Credentials: await sessions.issue(identity, secondsFor(call, input.DurationSeconds)) };
    },

    async GetFederationToken(input, call) {
      await refuseSessions(call);
      const { accountId, arn: userArn } = call.principal;
      const { stored, size } = sessionLimits(input);
      const userId = `${accountId}:${input.Name}`;
      const arn = `arn:${call.partition}:sts::${accountId}:federated-user/${input.Name}`;
      const identity = { kind: "user", accountId, arn, userId, userArn, ...stored } as const;
      return {
        Credentials: await sessions.issue(identity, secondsFor(call, input.DurationSeconds)),
        FederatedUser: { FederatedUserId: userId, Arn: arn },
        ...size,
      };
    },
  };
}

/** What the root user asks for beyond an hour, it does not get. */
function secondsFor({ principal }: Call, asked: number = STS_LIMITS.sessionTokenSeconds): number {
  return principal.arn.endsWith(":root") ? Math.min(asked, STS_LIMITS.rootSessionSeconds) : asked;
}
