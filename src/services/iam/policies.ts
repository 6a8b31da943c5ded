/** Managed policies: the account's own, which can be changed, and AWS's, which are only shown. Versions are in policy-versions.ts. */
import type { Policy } from "@aws-sdk/client-iam";
import type { Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { allEntities, type Uses, usesOf } from "./attachments.ts";
import { AWS_MANAGED_ARNS } from "./aws-managed-policies.ts";
import { policyExists, policyHasVersions, policyIsAttached, policyNotFound } from "./errors.ts";
import { takePageOf } from "./pages.ts";
import { checkManagedPolicy } from "./policy-documents.ts";
import { awsManagedPolicy, changePolicy, findPolicy, parsePolicyArn } from "./policy-lookup.ts";
import type { PolicyRecord } from "./records.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { pageOfTags, parseTags, printTags, printTagsMember, tagging, untagging } from "./tags.ts";

const UNUSED: Uses = { attached: new Map(), boundaries: new Map() };

export function policyHandlers(state: IamState): Handlers<IamClient> {
  const { policies, clock, random, locks } = state;

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
      if (!(await policies.create(call, policy))) throw policyExists(policy.name);
      const { Description: _, ...printed } = printPolicy(entityArn(call, "policy", policy), policy, UNUSED);
      return { Policy: { ...printed, ...printTagsMember(policy.tags) } };
    },

    async GetPolicy(input, call) {
      const arn = input.PolicyArn;
      const policy = await findPolicy(state, call, arn);
      if (policy === undefined) throw policyNotFound(arn);
      const uses = usesOf(await allEntities(state, call));
      return { Policy: { ...printPolicy(arn, policy, uses), Tags: printTags(policy.tags) } };
    },

    async ListPolicies(input, call) {
      const uses = usesOf(await allEntities(state, call));
      const { PathPrefix: prefix = "/", Scope: scope = "All", OnlyAttached: onlyAttached = false } = input;
      const own = scope === "AWS" ? [] : await policies.all(call);
      const all = [
        ...own.map((policy) => ({ arn: entityArn(call, "policy", policy), policy })),
        ...(scope === "Local" ? [] : awsManaged(uses)),
      ];
      const counted = input.PolicyUsageFilter === "PermissionsBoundary" ? uses.boundaries : uses.attached;
      const used = onlyAttached || input.PolicyUsageFilter !== undefined;
      const shown = all.filter(({ arn, policy }) => policy.path.startsWith(prefix) && (!used || counted.has(arn)));
      const { items, ...rest } = await takePageOf(input, shown, ({ arn, policy }) =>
        arn.includes("::aws:") ? `2 ${policy.name} ${policy.path}` : `1 ${policy.name}`,
      );
      const print = ({ arn, policy }: (typeof items)[number]): Policy => {
        const { Description: _, ...printed } = printPolicy(arn, policy, uses);
        return printed;
      };
      return { Policies: items.map(print), ...rest };
    },

    /** Under the policy's lock, so that nobody attaches it meanwhile. */
    DeletePolicy({ PolicyArn: arn }, call) {
      return locks.run(arn, async () => {
        const policy = await findPolicy(state, call, arn);
        if (policy === undefined || parsePolicyArn(arn).owner === "aws") throw policyNotFound(arn);
        const { attached, boundaries } = usesOf(await allEntities(state, call));
        if (attached.has(arn) || boundaries.has(arn)) throw policyIsAttached();
        await policies.delete(call, policy.name, ({ versions }) => {
          if (versions.length > 1) throw policyHasVersions();
        });
        return {};
      });
    },

    async TagPolicy({ PolicyArn: arn, Tags: tags }, call) {
      await changePolicy(state, call, arn, tagging(tags));
      return {};
    },

    async UntagPolicy({ PolicyArn: arn, TagKeys: keys }, call) {
      await changePolicy(state, call, arn, untagging(keys));
      return {};
    },

    async ListPolicyTags(input, call) {
      const policy = await findPolicy(state, call, input.PolicyArn);
      if (policy === undefined) throw policyNotFound(input.PolicyArn);
      return pageOfTags(input, policy.tags);
    },

    async ListEntitiesForPolicy(input, call) {
      const { PolicyArn: arn, EntityFilter: filter, PathPrefix: prefix = "/", PolicyUsageFilter: usage } = input;
      if ((await findPolicy(state, call, arn)) === undefined) throw policyNotFound(arn);
      const { users, groups, roles } = await allEntities(state, call);
      const wanted = (kind: string, entity: Holder): boolean =>
        (filter === undefined || filter === kind) && entity.path.startsWith(prefix) && hasPolicy(entity, arn, usage);
      const all = [
        ...groups.filter((group) => wanted("Group", group)).map(({ name, id }) => ({ kind: "group", name, id })),
        ...users.filter((user) => wanted("User", user)).map(({ name, id }) => ({ kind: "user", name, id })),
        ...roles.filter((role) => wanted("Role", role)).map(({ name, id }) => ({ kind: "role", name, id })),
      ];
      const { items, ...rest } = await takePageOf(input, all, ({ kind, name }) => `${kind} ${name.toLowerCase()}`);
      const of = (wantedKind: string) => items.filter(({ kind }) => kind === wantedKind);
      return {
        PolicyGroups: of("group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      };
    },
  };
}

interface Holder {
  readonly path: string;
  readonly attachedPolicyArns: readonly string[];
  readonly permissionsBoundary?: string;
}

function hasPolicy(holder: Holder, arn: string, usage: string | undefined): boolean {
  const attached = usage !== "PermissionsBoundary" && holder.attachedPolicyArns.includes(arn);
  return attached || (usage !== "PermissionsPolicy" && holder.permissionsBoundary === arn);
}

/** Those whose documents are kept here, and whatever else is attached. */
function awsManaged({ attached, boundaries }: Uses): { readonly arn: string; readonly policy: PolicyRecord }[] {
  const used = [...attached.keys(), ...boundaries.keys()].filter((arn) => parsePolicyArn(arn).owner === "aws");
  return [...new Set([...AWS_MANAGED_ARNS, ...used])].map((arn) => {
    const { path, name } = parsePolicyArn(arn);
    return { arn, policy: awsManagedPolicy(path, name) };
  });
}

export function printPolicy(arn: string, policy: PolicyRecord, { attached, boundaries }: Uses): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: `v${policy.defaultVersion}`,
    AttachmentCount: attached.get(arn) ?? 0,
    PermissionsBoundaryUsageCount: boundaries.get(arn) ?? 0,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
  };
}
