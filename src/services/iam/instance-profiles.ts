/** Instance profiles: what EC2 would take a role from. There is no EC2 here; templates make them, and lists show them. */
import type { InstanceProfile } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { mustFirst, profileExists, quotaExceeded, roleNotFound } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePageOf } from "./pages.ts";
import type { ProfileRecord } from "./records.ts";
import { refuseLinked } from "./role-protection.ts";
import { printRole, roleLock } from "./roles.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { pageOfTags, parseTags, printTagsMember, tagging, untagging } from "./tags.ts";

export function instanceProfileHandlers(state: IamState): Handlers<IamClient> {
  const { profiles, roles, clock, random, locks } = state;
  return {
    async CreateInstanceProfile(input, call) {
      const profile: ProfileRecord = {
        name: input.InstanceProfileName,
        id: randomUniqueId(random, "AIPA"),
        path: input.Path ?? "/",
        createdAt: clock.now(),
        tags: parseTags(input.Tags),
      };
      if (!(await profiles.create(call, profile))) throw profileExists(profile.name);
      return { InstanceProfile: await printProfile(state, call, profile) };
    },

    async GetInstanceProfile(input, call) {
      const profile = await profiles.get(call, input.InstanceProfileName);
      return { InstanceProfile: await printProfile(state, call, profile) };
    },

    async ListInstanceProfiles(input, call) {
      const { items, ...rest } = await profiles.page(call, input);
      return { InstanceProfiles: await printProfiles(state, call, items), ...rest };
    },

    async ListInstanceProfilesForRole(input, call) {
      const { name } = await roles.get(call, input.RoleName);
      const having: ProfileRecord[] = [];
      for await (const { value } of profiles.scan(call)) if (value.roleName === name) having.push(value);
      const { items, ...rest } = await takePageOf(input, having, (profile) => profile.name.toLowerCase());
      return { InstanceProfiles: await printProfiles(state, call, items), ...rest };
    },

    AddRoleToInstanceProfile(input, call) {
      return locks.run(roleLock(call, input.RoleName), async () => {
        const role = await roles.get(call, input.RoleName);
        refuseLinked(role);
        await profiles.update(call, input.InstanceProfileName, (profile) => {
          const max = IAM_LIMITS.rolesPerProfile;
          if (profile.roleName !== undefined) throw quotaExceeded("InstanceSessionsPerInstanceProfile", max);
          return { ...profile, roleName: role.name };
        });
        return {};
      });
    },

    async RemoveRoleFromInstanceProfile(input, call) {
      await profiles.update(call, input.InstanceProfileName, ({ roleName, ...profile }) => {
        if (roleName?.toLowerCase() !== input.RoleName.toLowerCase()) throw roleNotFound(input.RoleName);
        return profile;
      });
      return {};
    },

    async DeleteInstanceProfile(input, call) {
      await profiles.delete(call, input.InstanceProfileName, (profile) => {
        if (profile.roleName !== undefined) throw mustFirst("remove roles from instance profile");
      });
      return {};
    },

    async TagInstanceProfile(input, call) {
      await profiles.update(call, input.InstanceProfileName, tagging(input.Tags));
      return {};
    },

    async UntagInstanceProfile(input, call) {
      await profiles.update(call, input.InstanceProfileName, untagging(input.TagKeys));
      return {};
    },

    async ListInstanceProfileTags(input, call) {
      return pageOfTags(input, (await profiles.get(call, input.InstanceProfileName)).tags);
    },
  };
}

export function printProfiles(
  state: IamState,
  call: Call,
  profiles: readonly ProfileRecord[],
): Promise<InstanceProfile[]> {
  return Promise.all(profiles.map((profile) => printProfile(state, call, profile)));
}

async function printProfile(state: IamState, call: Call, profile: ProfileRecord): Promise<InstanceProfile> {
  const role = profile.roleName === undefined ? undefined : await state.roles.find(call, profile.roleName);
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: entityArn(call, "instance-profile", profile),
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [printRole(call, role)],
    ...printTagsMember(profile.tags),
  };
}
