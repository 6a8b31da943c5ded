/**
 * AssumeRole: a session of a role. Whom the role trusts is asked before, where permissions are enforced (authorization.ts);
 * where they are not, any role ARN can be assumed, whether the role exists or not, as clients without an identity of their
 * own expect of a local server.
 */
import type { Call, Handlers } from "../../wire/index.ts";
import type { SessionFacts } from "../kit/index.ts";
import { chainTooLong, sessionTooLong, sourceIdentitySet } from "./errors.ts";
import { findRole, type IamApi, type KnownRole } from "./iam-lookups.ts";
import { STS_LIMITS } from "./limits.ts";
import { parseRoleArn } from "./role-arn.ts";
import { type LimitsInput, sessionLimits } from "./session-limits.ts";
import type { IssuedCredentials, SessionIdentity, Sessions } from "./sessions.ts";
import type { StsClient } from "./state.ts";

export function assumeRoleHandlers(sessions: Sessions, iam: IamApi | undefined): Handlers<StsClient> {
  return {
    async AssumeRole(input, call) {
      const role = await findRole(iam, parseRoleArn(input.RoleArn), call.region);
      const caller = await callingSession(sessions, call);
      const { SourceIdentity: wanted, DurationSeconds: seconds } = input;
      const { sourceIdentity = wanted } = caller ?? {};
      if (wanted !== undefined && wanted !== sourceIdentity) throw sourceIdentitySet();
      if (call.principal.kind === "assumed-role" && (seconds ?? 0) > STS_LIMITS.chainedSeconds) throw chainTooLong();
      // AWS's own services, as Lambda, hold a role longer than its customers may.
      const longest = call.principal.kind === "service" ? undefined : role.record?.maxSessionSeconds;
      const assumed = await assume(sessions, role, input, {
        caller,
        longest,
        more: { ...(sourceIdentity === undefined ? {} : { sourceIdentity }), ...sourceFunction(call) },
      });
      return { ...assumed, ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }) };
    },
  };
}

/** What Lambda marks its functions' sessions with. */
function sourceFunction({ principal }: Call): Pick<SessionIdentity, "sourceFunctionArn"> {
  const { kind, arn, sourceArn } = principal;
  return kind === "service" && arn === "lambda.amazonaws.com" && sourceArn !== undefined
    ? { sourceFunctionArn: sourceArn }
    : {};
}

interface AssumeInput extends LimitsInput {
  readonly RoleSessionName: string;
  readonly DurationSeconds?: number | undefined;
}

export interface AssumedRole {
  readonly Credentials: IssuedCredentials;
  readonly AssumedRoleUser: { readonly AssumedRoleId: string; readonly Arn: string };
  readonly PackedPolicySize?: number;
}

/** A new session of a role. Throws ValidationError for one that is longer than `longest` seconds, and what `sessionLimits` throws. */
export async function assume(
  sessions: Sessions,
  role: KnownRole,
  input: AssumeInput,
  {
    caller,
    longest,
    more = {},
  }: {
    readonly caller?: SessionFacts | undefined;
    readonly longest: number | undefined;
    readonly more?: Partial<SessionIdentity>;
  },
): Promise<AssumedRole> {
  const { DurationSeconds: seconds = STS_LIMITS.assumeRoleSeconds, RoleSessionName: session } = input;
  if (longest !== undefined && seconds > longest) throw sessionTooLong();
  const { stored, size } = sessionLimits(input, caller);
  const { partition, accountId, name } = parseRoleArn(role.arn);
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${name}/${session}`;
  const userId = `${role.id}:${session}`;
  const identity: SessionIdentity = {
    kind: "assumed-role",
    accountId,
    arn,
    userId,
    roleArn: role.arn,
    ...stored,
    ...more,
  };
  return {
    Credentials: await sessions.issue(identity, seconds),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    ...size,
  };
}

/** The session whose credentials signed the request. */
export async function callingSession(sessions: Sessions, { principal }: Call): Promise<SessionFacts | undefined> {
  return principal.accessKeyId === undefined ? undefined : sessions.factsOf(principal.accessKeyId);
}
