/** Groups of users. Who belongs to one is in the users' records, by the group's id. */
import type { Group } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { groupExists, mustFirst, quotaExceeded } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePageOf } from "./pages.ts";
import type { GroupRecord, UserRecord } from "./records.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { printUser } from "./users.ts";

export function groupHandlers(state: IamState): Handlers<IamClient> {
  const { groups, users, clock, random, locks } = state;
  /** Members come and groups go under one lock, so that no member is added to a group on its way out. */
  const membership = <T>(call: Call, step: () => Promise<T>): Promise<T> => locks.run(`groups ${call.accountId}`, step);

  return {
    async CreateGroup(input, call) {
      const group: GroupRecord = {
        name: input.GroupName,
        id: randomUniqueId(random, "AGPA"),
        path: input.Path ?? "/",
        createdAt: clock.now(),
        inlinePolicies: {},
        attachedPolicyArns: [],
      };
      if (!(await groups.create(call, group))) throw groupExists(group.name);
      return { Group: printGroup(call, group) };
    },

    async GetGroup(input, call) {
      const group = await groups.get(call, input.GroupName);
      const members: UserRecord[] = [];
      for await (const { value: user } of users.scan(call)) if (user.groupIds.includes(group.id)) members.push(user);
      const { items, ...rest } = await takePageOf(input, members, (user) => user.name.toLowerCase());
      return { Group: printGroup(call, group), Users: items.map((user) => printUser(call, user)), ...rest };
    },

    async ListGroups(input, call) {
      const { items, ...rest } = await groups.page(call, input);
      return { Groups: items.map((group) => printGroup(call, group)), ...rest };
    },

    UpdateGroup(input, call) {
      return membership(call, async () => {
        const { GroupName: name, NewGroupName: newName, NewPath: path } = input;
        const change = (group: GroupRecord): GroupRecord => ({
          ...group,
          name: newName ?? group.name,
          path: path ?? group.path,
        });
        if (!(await groups.rename(call, name, change))) throw groupExists(newName ?? name);
        return {};
      });
    },

    DeleteGroup(input, call) {
      return membership(call, async () => {
        const { id } = await groups.get(call, input.GroupName);
        for await (const { value: user } of users.scan(call)) {
          if (user.groupIds.includes(id)) throw mustFirst("remove users from group");
        }
        await groups.delete(call, input.GroupName, (group) => {
          if (group.attachedPolicyArns.length > 0) throw mustFirst("detach all policies");
          if (Object.keys(group.inlinePolicies).length > 0) throw mustFirst("delete policies");
        });
        return {};
      });
    },

    AddUserToGroup(input, call) {
      return membership(call, async () => {
        const { id } = await groups.get(call, input.GroupName);
        await users.update(call, input.UserName, (user) => {
          if (user.groupIds.includes(id)) return user;
          const max = IAM_LIMITS.groupsPerUser;
          if (user.groupIds.length >= max) throw quotaExceeded("GroupsPerUser", max);
          return { ...user, groupIds: [...user.groupIds, id] };
        });
        return {};
      });
    },

    async RemoveUserFromGroup(input, call) {
      const { id } = await groups.get(call, input.GroupName);
      await users.update(call, input.UserName, (user) => ({
        ...user,
        groupIds: user.groupIds.filter((groupId) => groupId !== id),
      }));
      return {};
    },

    async ListGroupsForUser(input, call) {
      const { groupIds } = await users.get(call, input.UserName);
      const belonging: GroupRecord[] = [];
      for await (const { value: group } of groups.scan(call)) if (groupIds.includes(group.id)) belonging.push(group);
      const { items, ...rest } = await takePageOf(input, belonging, (group) => group.name.toLowerCase());
      return { Groups: items.map((group) => printGroup(call, group)), ...rest };
    },
  };
}

export function printGroup(call: Call, group: GroupRecord): Group {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: entityArn(call, "group", group),
    CreateDate: new Date(group.createdAt),
  };
}
