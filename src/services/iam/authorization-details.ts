/** GetAccountAuthorizationDetails: users, groups, roles and policies of the account in one list with all their documents. */
import type {
  EntityType,
  GroupDetail,
  ManagedPolicyDetail,
  PolicyDetail,
  RoleDetail,
  UserDetail,
} from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { allEntities, type Entities, usesOf } from "./attachments.ts";
import { AWS_MANAGED_ARNS } from "./aws-managed-policies.ts";
import { printGroup } from "./groups.ts";
import { printAttached } from "./holder-policies.ts";
import { printProfiles } from "./instance-profiles.ts";
import { takePageOf } from "./pages.ts";
import { printPolicy } from "./policies.ts";
import { encodeDocument } from "./policy-documents.ts";
import { awsManagedPolicy, parsePolicyArn } from "./policy-lookup.ts";
import { printVersion } from "./policy-versions.ts";
import type { PolicyRecord, RoleRecord, UserRecord } from "./records.ts";
import { printLastUse, printRole } from "./roles.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { printTags } from "./tags.ts";
import { printUser } from "./users.ts";

/** One entry of the list; its key orders it. */
interface Detail {
  readonly kind: EntityType;
  readonly name: string;
  readonly print: () => Promise<Printed>;
}
interface Printed {
  readonly user?: UserDetail;
  readonly group?: GroupDetail;
  readonly role?: RoleDetail;
  readonly policy?: ManagedPolicyDetail;
}

export function authorizationDetailsHandlers(state: IamState): Handlers<IamClient> {
  return {
    async GetAccountAuthorizationDetails(input, call) {
      const details = await detailsOf(state, call);
      const shown = details.filter(({ kind }) => input.Filter === undefined || input.Filter.includes(kind));
      const { items, ...rest } = await takePageOf(input, shown, ({ kind, name }) => `${kind} ${name}`);
      const printed = await Promise.all(items.map(({ print }) => print()));
      return {
        UserDetailList: printed.flatMap(({ user }) => user ?? []),
        GroupDetailList: printed.flatMap(({ group }) => group ?? []),
        RoleDetailList: printed.flatMap(({ role }) => role ?? []),
        Policies: printed.flatMap(({ policy }) => policy ?? []),
        ...rest,
      };
    },
  };
}

async function detailsOf(state: IamState, call: Call): Promise<Detail[]> {
  const entities = await allEntities(state, call);
  const own = await state.policies.all(call);
  const uses = usesOf(entities);
  const printManaged = (arn: string, policy: PolicyRecord) => async (): Promise<Printed> => ({
    policy: {
      ...printPolicy(arn, policy, uses),
      PolicyVersionList: policy.versions.map((version) => printVersion(policy, version)),
    },
  });
  const used = [...uses.attached.keys(), ...uses.boundaries.keys(), ...AWS_MANAGED_ARNS];
  const aws = new Set(used.filter((arn) => parsePolicyArn(arn).owner === "aws"));
  return [
    ...entities.users.map(
      (user): Detail => ({ kind: "User", name: user.name, print: async () => printUserDetail(entities, call, user) }),
    ),
    ...entities.groups.map((group): Detail => {
      const print = async (): Promise<Printed> => ({
        group: {
          ...printGroup(call, group),
          GroupPolicyList: printInline(group.inlinePolicies),
          AttachedManagedPolicies: printAttached(group.attachedPolicyArns),
        },
      });
      return { kind: "Group", name: group.name, print };
    }),
    ...entities.roles.map(
      (role): Detail => ({ kind: "Role", name: role.name, print: () => printRoleDetail(state, call, role) }),
    ),
    ...own.map((policy): Detail => {
      const print = printManaged(entityArn(call, "policy", policy), policy);
      return { kind: "LocalManagedPolicy", name: policy.name, print };
    }),
    ...[...aws].map((arn): Detail => {
      const { path, name } = parsePolicyArn(arn);
      return { kind: "AWSManagedPolicy", name, print: printManaged(arn, awsManagedPolicy(path, name)) };
    }),
  ];
}

function printUserDetail({ groups }: Entities, call: Call, user: UserRecord): Printed {
  return {
    user: {
      ...printUser(call, user),
      UserPolicyList: printInline(user.inlinePolicies),
      GroupList: groups.filter(({ id }) => user.groupIds.includes(id)).map(({ name }) => name),
      AttachedManagedPolicies: printAttached(user.attachedPolicyArns),
      Tags: printTags(user.tags),
    },
  };
}

async function printRoleDetail(state: IamState, call: Call, role: RoleRecord): Promise<Printed> {
  const { Description: _, ...printed } = printRole(call, role);
  const profiles = (await state.profiles.all(call)).filter(({ roleName }) => roleName === role.name);
  return {
    role: {
      ...printed,
      InstanceProfileList: await printProfiles(state, call, profiles),
      RolePolicyList: printInline(role.inlinePolicies),
      AttachedManagedPolicies: printAttached(role.attachedPolicyArns),
      Tags: printTags(role.tags),
      RoleLastUsed: printLastUse(await state.lastUses.get(role.id)),
    },
  };
}

function printInline(policies: Readonly<Record<string, string>>): PolicyDetail[] {
  return Object.entries(policies).map(([PolicyName, document]) => ({
    PolicyName,
    PolicyDocument: encodeDocument(document),
  }));
}
