/** Customer-managed policies and their versions. */
import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import {
  defaultVersionKept,
  policyExists,
  policyHasVersions,
  policyIsAttached,
  policyNotFound,
  policyVersionNotFound,
  quotaExceeded,
  tooManyVersions,
} from "./errors.ts";
import type { IamClient } from "./index.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePage, takePageOf } from "./pages.ts";
import { checkIdentityPolicy, encodeDocument, policyCharacters } from "./policy-documents.ts";
import { findPolicy, ownPolicyPath } from "./policy-lookup.ts";
import { entityPath, type PolicyRecord, type RoleRecord } from "./records.ts";
import type { IamState } from "./state.ts";
import { parseTags, printTags } from "./tags.ts";

type StoredVersion = PolicyRecord["versions"][number];

export function policyHandlers(state: IamState): Handlers<IamClient> {
  const { policies, clock, random } = state;

  /** Changes a policy of the caller's account; AWS's own and other accounts' are not there to be changed. */
  async function changePolicy(
    call: Call,
    arn: string,
    missing: () => Error,
    change: (policy: PolicyRecord) => PolicyRecord,
  ): Promise<PolicyRecord> {
    const path = ownPolicyPath(call, arn);
    const policy = path === undefined ? undefined : await policies.update(path, change);
    if (policy === undefined) throw missing();
    return policy;
  }

  return {
    async CreatePolicy(input, call) {
      checkDocument(input.PolicyDocument);
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

    async ListEntitiesForPolicy(input, call) {
      const attached: RoleRecord[] = [];
      for await (const { value: role } of state.roles.scan(entityPath(call.accountId, ""))) {
        if (role.attachedPolicyArns.includes(input.PolicyArn)) attached.push(role);
      }
      const { items, ...rest } = await takePageOf(input, attached, (role) => role.name);
      const roles = items.map((role) => ({ RoleName: role.name, RoleId: role.id }));
      return { PolicyGroups: [], PolicyUsers: [], PolicyRoles: roles, ...rest };
    },

    async CreatePolicyVersion(input, call) {
      checkDocument(input.PolicyDocument);
      const { PolicyArn: arn, PolicyDocument: document } = input;
      const createdAt = clock.now();
      const { nextVersion } = await changePolicy(
        call,
        arn,
        () => policyNotFound(arn),
        (policy) => {
          if (policy.versions.length >= IAM_LIMITS.policyVersions) throw tooManyVersions();
          const number = policy.nextVersion;
          return {
            ...policy,
            updatedAt: createdAt,
            nextVersion: number + 1,
            defaultVersion: input.SetAsDefault === true ? number : policy.defaultVersion,
            versions: [...policy.versions, { number, document, createdAt }],
          };
        },
      );
      return {
        PolicyVersion: {
          VersionId: `v${nextVersion - 1}`,
          IsDefaultVersion: input.SetAsDefault === true,
          CreateDate: new Date(createdAt),
        },
      };
    },

    async GetPolicyVersion(input, call) {
      const { PolicyArn: arn, VersionId: id } = input;
      const policy = await findPolicy(state, call, arn);
      const version = policy === undefined ? undefined : versionOf(policy, id);
      if (policy === undefined || version === undefined) throw policyVersionNotFound(arn, id);
      return { PolicyVersion: printVersion(policy, version) };
    },

    async ListPolicyVersions(input, call) {
      const arn = input.PolicyArn;
      const policy = await findPolicy(state, call, arn);
      if (policy === undefined) throw policyNotFound(arn);
      const versions = policy.versions.toReversed().map((version) => {
        const { Document: _, ...printed } = printVersion(policy, version);
        return printed;
      });
      return { Versions: versions, IsTruncated: false };
    },

    async DeletePolicyVersion(input, call) {
      const { PolicyArn: arn, VersionId: id } = input;
      const missing = () => policyVersionNotFound(arn, id);
      await changePolicy(call, arn, missing, (policy) => {
        const version = versionOf(policy, id);
        if (version === undefined) throw missing();
        if (version.number === policy.defaultVersion) throw defaultVersionKept();
        return { ...policy, versions: policy.versions.filter((candidate) => candidate !== version) };
      });
      return {};
    },

    async SetDefaultPolicyVersion(input, call) {
      const { PolicyArn: arn, VersionId: id } = input;
      const missing = () => policyVersionNotFound(arn, id);
      await changePolicy(call, arn, missing, (policy) => {
        const version = versionOf(policy, id);
        if (version === undefined) throw missing();
        return { ...policy, defaultVersion: version.number, updatedAt: clock.now() };
      });
      return {};
    },
  };
}

function checkDocument(document: string): void {
  checkIdentityPolicy(document);
  const max = IAM_LIMITS.managedPolicyCharacters;
  if (policyCharacters(document) > max) throw quotaExceeded("PolicySize", max);
}

/** How many roles have each attached policy, by ARN. */
async function attachmentCounts(state: IamState, call: Call): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { value: role } of state.roles.scan(entityPath(call.accountId, ""))) {
    for (const arn of role.attachedPolicyArns) counts.set(arn, (counts.get(arn) ?? 0) + 1);
  }
  return counts;
}

const versionOf = (policy: PolicyRecord, id: string): StoredVersion | undefined =>
  policy.versions.find((version) => `v${version.number}` === id);

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

function printVersion(policy: PolicyRecord, version: StoredVersion): PolicyVersion {
  return {
    Document: encodeDocument(version.document),
    VersionId: `v${version.number}`,
    IsDefaultVersion: version.number === policy.defaultVersion,
    CreateDate: new Date(version.createdAt),
  };
}
