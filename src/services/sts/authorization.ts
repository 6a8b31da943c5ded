/**
 * What operations of STS need. A role is assumed by whom its trust policy lets in; who is calling, anybody may ask; and a
 * token of an identity provider is a permission of its own, which the handler verifies.
 */
import type { Authorization, Need, OperationInput } from "../../wire/index.ts";
import { findRole } from "./iam-lookups.ts";
import { parseRoleArn } from "./role-arn.ts";
import type { StsClient, StsOptions } from "./state.ts";

type AssumeInput = OperationInput<StsClient, "AssumeRole">;

export function stsAuthorization({ iamClient }: StsOptions): Authorization<StsClient> {
  return {
    async AssumeRole(input, call) {
      const { record, arn } = await findRole(iamClient, parseRoleArn(input.RoleArn), call.region);
      const shared = {
        resource: arn,
        context: assumeContext(input),
        resourcePolicy: record?.trustPolicy ?? null,
        resourcePolicyRules: true,
      } satisfies Partial<Need>;
      return actionsOf(input).map((action) => ({ action, ...shared }));
    },
    GetFederationToken: (input, call) => [
      {
        action: "sts:GetFederationToken",
        resource: `arn:${call.partition}:sts::${call.accountId}:federated-user/${input.Name}`,
        context: tagContext(input.Tags),
      },
    ],
    GetCallerIdentity: () => [],
    GetSessionToken: () => [],
    AssumeRoleWithWebIdentity: () => "public",
    AssumeRoleWithSAML: () => "public",
  };
}

function actionsOf({ Tags: tags, SourceIdentity: source }: AssumeInput): readonly string[] {
  return [
    "sts:AssumeRole",
    ...(tags === undefined || tags.length === 0 ? [] : ["sts:TagSession"]),
    ...(source === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
}

function assumeContext(input: AssumeInput): Record<string, string | readonly string[]> {
  return {
    "sts:RoleSessionName": input.RoleSessionName,
    ...(input.ExternalId === undefined ? {} : { "sts:ExternalId": input.ExternalId }),
    ...(input.SourceIdentity === undefined ? {} : { "sts:SourceIdentity": input.SourceIdentity }),
    ...(input.DurationSeconds === undefined ? {} : { "sts:DurationSeconds": String(input.DurationSeconds) }),
    ...(input.TransitiveTagKeys === undefined ? {} : { "sts:TransitiveTagKeys": input.TransitiveTagKeys }),
    ...tagContext(input.Tags),
  };
}

function tagContext(tags: AssumeInput["Tags"] = []): Record<string, string | readonly string[]> {
  if (tags.length === 0) return {};
  return {
    "aws:TagKeys": tags.map(({ Key }) => Key),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  };
}
