/** Roles: whom they trust, how long their sessions are, their tags and boundaries. */
import type { Role } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { printBoundary, withBoundary, withoutBoundary } from "./boundaries.ts";
import { mustFirst, roleExists } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { encodeDocument } from "./policy-documents.ts";
import type { LastUse, RoleRecord } from "./records.ts";
import { refuseLinked } from "./role-protection.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { pageOfTags, parseTags, printTagsMember, tagging, untagging } from "./tags.ts";
import { checkTrust } from "./trust-principals.ts";

export function roleHandlers(state: IamState): Handlers<IamClient> {
  const { roles, profiles, clock, random, locks } = state;
  return {
    async CreateRole(input, call) {
      const { PermissionsBoundary: boundary, Description: description } = input;
      await checkTrust(state, call, input.AssumeRolePolicyDocument);
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
        ...(description === undefined ? {} : { description }),
        ...(boundary === undefined ? {} : { permissionsBoundary: boundary }),
      };
      return withBoundary(state, call, boundary, async () => {
        if (!(await roles.create(call, role))) throw roleExists(role.name);
        return { Role: { ...printRole(call, role), ...printTagsMember(role.tags) } };
      });
    },

    async GetRole(input, call) {
      const role = await roles.get(call, input.RoleName);
      return {
        Role: {
          ...printRole(call, role),
          ...printTagsMember(role.tags),
          MaxSessionDuration: role.maxSessionSeconds,
          RoleLastUsed: printLastUse(await state.lastUses.get(role.id)),
        },
      };
    },

    async ListRoles(input, call) {
      const { items, ...rest } = await roles.page(call, input);
      const print = (role: RoleRecord): Role => ({
        ...printRole(call, role),
        MaxSessionDuration: role.maxSessionSeconds,
      });
      return { Roles: items.map(print), ...rest };
    },

    async UpdateRole(input, call) {
      const { Description: description, MaxSessionDuration: maxSessionSeconds } = input;
      await roles.update(call, input.RoleName, (role) => {
        if (maxSessionSeconds !== undefined) refuseLinked(role);
        return {
          ...role,
          ...(description === undefined ? {} : { description }),
          ...(maxSessionSeconds === undefined ? {} : { maxSessionSeconds }),
        };
      });
      return {};
    },

    async UpdateRoleDescription(input, call) {
      const { RoleName: name, Description: description } = input;
      return { Role: printRole(call, await roles.update(call, name, (role) => ({ ...role, description }))) };
    },

    async UpdateAssumeRolePolicy(input, call) {
      const trustPolicy = input.PolicyDocument;
      await roles.get(call, input.RoleName);
      await checkTrust(state, call, trustPolicy);
      await roles.update(call, input.RoleName, (role) => {
        refuseLinked(role);
        return { ...role, trustPolicy };
      });
      return {};
    },

    /** Under the role's lock, so that no instance profile takes a role on its way out. */
    DeleteRole({ RoleName: name }, call) {
      return locks.run(roleLock(call, name), async () => {
        const { id } = await roles.get(call, name);
        for await (const { value: profile } of profiles.scan(call)) {
          if (profile.roleName?.toLowerCase() === name.toLowerCase()) {
            throw mustFirst("remove roles from instance profile");
          }
        }
        await roles.delete(call, name, (role) => {
          refuseLinked(role);
          if (role.attachedPolicyArns.length > 0) throw mustFirst("detach all policies");
          if (Object.keys(role.inlinePolicies).length > 0) throw mustFirst("delete policies");
        });
        await state.lastUses.delete(id);
        return {};
      });
    },

    async PutRolePermissionsBoundary(input, call) {
      const permissionsBoundary = input.PermissionsBoundary;
      await withBoundary(state, call, permissionsBoundary, () =>
        roles.update(call, input.RoleName, (role) => {
          refuseLinked(role);
          return { ...role, permissionsBoundary };
        }),
      );
      return {};
    },

    async DeleteRolePermissionsBoundary(input, call) {
      await roles.update(call, input.RoleName, withoutBoundary);
      return {};
    },

    async TagRole(input, call) {
      await roles.update(call, input.RoleName, tagging(input.Tags));
      return {};
    },

    async UntagRole(input, call) {
      await roles.update(call, input.RoleName, untagging(input.TagKeys));
      return {};
    },

    async ListRoleTags(input, call) {
      return pageOfTags(input, (await roles.get(call, input.RoleName)).tags);
    },
  };
}

export const roleLock = ({ accountId }: Pick<Call, "accountId">, name: string): string =>
  `role ${accountId}/${name.toLowerCase()}`;

export function printRole(call: Call, role: RoleRecord): Role & { readonly AssumeRolePolicyDocument: string } {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: entityArn(call, "role", role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description === undefined ? {} : { Description: role.description }),
    ...printBoundary(role),
  };
}

export function printLastUse(last: LastUse | undefined): { LastUsedDate?: Date; Region?: string } {
  return last === undefined ? {} : { LastUsedDate: new Date(last.at), Region: last.region };
}
