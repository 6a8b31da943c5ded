/** Customer-managed policies and their tags; their versions are in policy-versions.ts. */
import type { Policy } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { policyExists, policyHasVersions, policyIsAttached, policyNotFound } from "./errors.ts";
import { takePage, takePageOf } from "./pages.ts";
import { checkManagedPolicy } from "./policy-documents.ts";
import { findPolicy, ownPolicyPath, updatePolicy } from "./policy-lookup.ts";
import { entityPath, type PolicyRecord, type RoleRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";
import { dropTags, mergeTags, parseTags, printTags } from "./tags.ts";

export function policyHandlers(state: IamState): Handlers<IamClient> {
  const { policies, clock, random } = state;

  return {
    async CreatePolicy(input, call) {
      checkManagedPolicy(input.PolicyDocument);
      const now = clock.now();
      const policy: PolicyRecord = {
        name: input.PolicyName,
        id: randomUniqueId(random, "ANPA"),
        path: input.Path ?? "/",
        createdAt: now,
        updatedAt: now,
        tags: parseTags(input.Tags),
        defaultVersion: 1,
        nextVersion: 2,
        versions: [{ number: 1, document: input.PolicyDocument, createdAt: now }],
        ...(input.Description === undefined ? {} : { description: input.Description }),
      };
      if (!(await policies.create(entityPath(call.accountId, policy.name), policy))) throw policyExists(policy.name);
      const { Description: _, ...printed } = printPolicy(policyArn(call, policy), policy, 0);
      return { Policy: { ...printed, ...(policy.tags.length === 0 ? {} : { Tags: printTags(policy.tags) }) } };
    },

    async GetPolicy(input, call) {
      const arn = input.PolicyArn;
      const policy = await findPolicy(state, call, arn);
      if (policy === undefined) throw policyNotFound(arn);
      const attachments = (await attachmentCounts(state, call)).get(arn) ?? 0;
      return { Policy: { ...printPolicy(arn, policy, attachments), Tags: printTags(policy.tags) } };
    },

    async ListPolicies(input, call) {
      const counts = await attachmentCounts(state, call);
      const prefix = input.PathPrefix ?? "/";
      const { items, ...rest } = await takePage(input, async function* (after) {
        if (input.Scope === "AWS") return;
        for await (const entry of policies.scan(entityPath(call.accountId, ""), after)) {
          const isAttached = counts.has(policyArn(call, entry.value));
          if (entry.value.path.startsWith(prefix) && (input.OnlyAttached !== true || isAttached)) yield entry;
        }
      });
      const print = (policy: PolicyRecord): Policy => {
        const arn = policyArn(call, policy);
        const { Description: _, ...printed } = printPolicy(arn, policy, counts.get(arn) ?? 0);
        return printed;
      };
      return { Policies: items.map(print), ...rest };
    },

    async DeletePolicy(input, call) {
      const arn = input.PolicyArn;
      const path = ownPolicyPath(call, arn);
      if (path === undefined) throw policyNotFound(arn);
      if ((await attachmentCounts(state, call)).has(arn)) throw policyIsAttached();
      const deleted = await policies.deleteIf(path, (policy) => {
        if (policy.versions.length > 1) throw policyHasVersions();
      });
      if (deleted === undefined) throw policyNotFound(arn);
      return {};
    },

    async TagPolicy(input, call) {
      const arn = input.PolicyArn;
      const missing = () => policyNotFound(arn);
      await updatePolicy(state, call, arn, missing, (policy) => ({
        ...policy,
        tags: mergeTags(policy.tags, input.Tags),
      }));
      return {};
    },

    async UntagPolicy(input, call) {
      const arn = input.PolicyArn;
      const missing = () => policyNotFound(arn);
      await updatePolicy(state, call, arn, missing, (policy) => ({
        ...policy,
        tags: dropTags(policy.tags, input.TagKeys),
      }));
      return {};
    },

    async ListPolicyTags(input, call) {
      const policy = await findPolicy(state, call, input.PolicyArn);
      if (policy === undefined) throw policyNotFound(input.PolicyArn);
      const { items, ...rest } = await takePageOf(input, printTags(policy.tags), (tag) => tag.Key ?? "");
      return { Tags: items, ...rest };
    },

    async ListEntitiesForPolicy(input, call) {
      const attached: RoleRecord[] = [];
      for await (const { value: role } of state.roles.scan(entityPath(call.accountId, ""))) {
        if (role.attachedPolicyArns.includes(input.PolicyArn)) attached.push(role);
      }
      const { items, ...rest } = await takePageOf(input, attached, (role) => role.name);
      const roles = items.map((role) => ({ RoleName: role.name, RoleId: role.id }));
      return { PolicyGroups: [], PolicyUsers: [], PolicyRoles: roles, ...rest };
    },
  };
}

/** How many roles have each attached policy, by ARN. */
async function attachmentCounts(state: IamState, call: Call): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { value: role } of state.roles.scan(entityPath(call.accountId, ""))) {
    for (const arn of role.attachedPolicyArns) counts.set(arn, (counts.get(arn) ?? 0) + 1);
  }
  return counts;
}

const policyArn = (call: Call, policy: PolicyRecord): string =>
  `arn:${call.partition}:iam::${call.accountId}:policy${policy.path}${policy.name}`;

function printPolicy(arn: string, policy: PolicyRecord, attachments: number): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: `v${policy.defaultVersion}`,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
  };
}
