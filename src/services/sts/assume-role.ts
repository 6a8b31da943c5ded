/**
 * AssumeRole and GetSessionToken: temporary credentials. While permissions are not enforced any role ARN can be assumed,
 * whether the role exists or not, as clients without an identity of their own expect of a local server.
 */
import type { Handlers, OperationInput } from "../../wire/index.ts";
import { duplicateTagKeys, transitiveTagMissing } from "./errors.ts";
import { parseRoleArn, userIdOfPrincipal } from "./identities.ts";
import { STS_LIMITS } from "./limits.ts";
import { type IamApi, roleIdOf } from "./role-ids.ts";
import type { Sessions } from "./sessions.ts";
import type { StsClient } from "./state.ts";

type AssumeInput = OperationInput<StsClient, "AssumeRole">;

const PACKED_POLICY_BYTES_MAX = 2048;

export function assumeRoleHandlers(sessions: Sessions, iam: IamApi | undefined): Handlers<StsClient> {
  return {
    async AssumeRole(input, call) {
      const role = parseRoleArn(input.RoleArn);
      const { partition, accountId, name } = role;
      checkTags(input);
      const session = input.RoleSessionName;
      const roleId = await roleIdOf(iam, role, call.region);
      const arn = `arn:${partition}:sts::${accountId}:assumed-role/${name}/${session}`;
      const userId = `${roleId}:${session}`;
      const credentials = await sessions.issue(
        { kind: "assumed-role", accountId, arn, userId },
        input.DurationSeconds ?? STS_LIMITS.assumeRoleSeconds,
      );
      return {
        Credentials: credentials,
        AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
        ...packedPolicySize(input),
        ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
      };
    },

    async GetSessionToken(input, { principal }) {
      const { kind, accountId, arn } = principal;
      const identity = { kind, accountId, arn, userId: userIdOfPrincipal(principal) };
      return {
        Credentials: await sessions.issue(identity, input.DurationSeconds ?? STS_LIMITS.sessionTokenSeconds),
      };
    },
  };
}

function checkTags(input: AssumeInput): void {
  const keys = (input.Tags ?? []).map((tag) => tag.Key.toLowerCase());
  if (new Set(keys).size < keys.length) throw duplicateTagKeys();
  for (const key of input.TransitiveTagKeys ?? []) {
    if (!keys.includes(key.toLowerCase())) throw transitiveTagMissing();
  }
}

/** Percent of the packed limit. AWS does not publish its packing; this is the plain size. */
function packedPolicySize(input: AssumeInput): { readonly PackedPolicySize?: number } {
  if (input.Policy === undefined && input.PolicyArns === undefined && input.Tags === undefined) return {};
  const bytes = Buffer.byteLength(JSON.stringify([input.Policy, input.PolicyArns, input.Tags]));
  return { PackedPolicySize: Math.min(100, Math.ceil((100 * bytes) / PACKED_POLICY_BYTES_MAX)) };
}
