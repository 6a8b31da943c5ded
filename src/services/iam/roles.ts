/** Roles and their tags. */
import type { Role } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { roleExists, roleHasAttachedPolicies, roleHasInlinePolicies, roleNotFound } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePage, takePageOf } from "./pages.ts";
import { checkTrustPolicy, encodeDocument } from "./policy-documents.ts";
import { entityPath, type RoleRecord } from "./records.ts";
import { getRole, type IamClient, type IamState, updateRole } from "./state.ts";
import { dropTags, mergeTags, parseTags, printTags } from "./tags.ts";

export function roleHandlers(state: IamState): Handlers<IamClient> {
  const { roles, clock, random } = state;
  return {
    async CreateRole(input, call) {
      checkTrustPolicy(input.AssumeRolePolicyDocument);
      const role: RoleRecord = {
        name: input.RoleName,
        id: randomUniqueId(random, "AROA"),
        path: input.Path ?? "/",
        createdAt: clock.now(),
        trustPolicy: input.AssumeRolePolicyDocument,
        maxSessionSeconds: input.MaxSessionDuration ?? IAM_LIMITS.maxSessionSeconds,
        tags: parseTags(input.Tags),
        inlinePolicies: {},
        attachedPolicyArns: [],
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.PermissionsBoundary === undefined ? {} : { permissionsBoundary: input.PermissionsBoundary }),
      };
      if (!(await roles.create(entityPath(call.accountId, role.name), role))) throw roleExists(role.name);
      return { Role: { ...printRole(call, role), ...printRoleTags(role) } };
    },

    async GetRole(input, call) {
      const role = await getRole(state, call, input.RoleName);
      return {
        Role: {
          ...printRole(call, role),
          ...printRoleTags(role),
          MaxSessionDuration: role.maxSessionSeconds,
          RoleLastUsed: {},
        },
      };
    },

    async ListRoles(input, call) {
      const prefix = input.PathPrefix ?? "/";
      const page = await takePage(input, async function* (after) {
        for await (const entry of roles.scan(entityPath(call.accountId, ""), after)) {
          if (entry.value.path.startsWith(prefix)) yield entry;
        }
      });
      const { items, ...rest } = page;
      const print = (role: RoleRecord): Role => ({
        ...printRole(call, role),
        MaxSessionDuration: role.maxSessionSeconds,
      });
      return { Roles: items.map(print), ...rest };
    },

    async UpdateRole(input, call) {
      await updateRole(state, call, input.RoleName, (role) => ({
        ...role,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: input.MaxSessionDuration }),
      }));
      return {};
    },

    async UpdateRoleDescription(input, call) {
      const { RoleName: name, Description: description } = input;
      return { Role: printRole(call, await updateRole(state, call, name, (role) => ({ ...role, description }))) };
    },

    async UpdateAssumeRolePolicy(input, call) {
      const trustPolicy = input.PolicyDocument;
      checkTrustPolicy(trustPolicy);
      await updateRole(state, call, input.RoleName, (role) => ({ ...role, trustPolicy }));
      return {};
    },

    async DeleteRole(input, call) {
      const deleted = await roles.deleteIf(entityPath(call.accountId, input.RoleName), (role) => {
        if (role.attachedPolicyArns.length > 0) throw roleHasAttachedPolicies();
        if (Object.keys(role.inlinePolicies).length > 0) throw roleHasInlinePolicies();
      });
      if (deleted === undefined) throw roleNotFound(input.RoleName);
      return {};
    },

    async PutRolePermissionsBoundary(input, call) {
      const permissionsBoundary = input.PermissionsBoundary;
      await updateRole(state, call, input.RoleName, (role) => ({ ...role, permissionsBoundary }));
      return {};
    },

    async DeleteRolePermissionsBoundary(input, call) {
      await updateRole(state, call, input.RoleName, ({ permissionsBoundary: _, ...role }) => role);
      return {};
    },

    async TagRole(input, call) {
      await updateRole(state, call, input.RoleName, (role) => ({ ...role, tags: mergeTags(role.tags, input.Tags) }));
      return {};
    },

    async UntagRole(input, call) {
      await updateRole(state, call, input.RoleName, (role) => ({ ...role, tags: dropTags(role.tags, input.TagKeys) }));
      return {};
    },

    async ListRoleTags(input, call) {
      const role = await getRole(state, call, input.RoleName);
      const { items, ...rest } = await takePageOf(input, printTags(role.tags), (tag) => tag.Key ?? "");
      return { Tags: items, ...rest };
    },

    /** Instance profiles are EC2's business; clients ask for them before they delete a role. */
    async ListInstanceProfilesForRole(input, call) {
      await getRole(state, call, input.RoleName);
      return { InstanceProfiles: [], IsTruncated: false };
    },
  };
}

function printRole(call: Call, role: RoleRecord): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: `arn:${call.partition}:iam::${call.accountId}:role${role.path}${role.name}`,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description === undefined ? {} : { Description: role.description }),
    ...(role.permissionsBoundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy",
            PermissionsBoundaryArn: role.permissionsBoundary,
          },
        }),
  };
}

function printRoleTags(role: RoleRecord): Pick<Role, "Tags"> {
  return role.tags.length === 0 ? {} : { Tags: printTags(role.tags) };
}
