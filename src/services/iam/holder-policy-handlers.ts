/** The operations on policies of users, groups and roles, each by its name. */
import type { Handlers } from "../../wire/index.ts";
import { HolderPolicies } from "./holder-policies.ts";
import { refuseLinked } from "./role-protection.ts";
import type { IamClient, IamState } from "./state.ts";

export function holderPolicyHandlers(state: IamState): Handlers<IamClient> {
  const users = new HolderPolicies(state, "user", state.users);
  const groups = new HolderPolicies(state, "group", state.groups);
  const roles = new HolderPolicies(state, "role", state.roles, refuseLinked);
  return {
    PutUserPolicy: (input, call) => users.put(call, input.UserName, input.PolicyName, input.PolicyDocument),
    PutGroupPolicy: (input, call) => groups.put(call, input.GroupName, input.PolicyName, input.PolicyDocument),
    PutRolePolicy: (input, call) => roles.put(call, input.RoleName, input.PolicyName, input.PolicyDocument),

    async GetUserPolicy(input, call) {
      const { name, ...policy } = await users.get(call, input.UserName, input.PolicyName);
      return { UserName: name, ...policy };
    },
    async GetGroupPolicy(input, call) {
      const { name, ...policy } = await groups.get(call, input.GroupName, input.PolicyName);
      return { GroupName: name, ...policy };
    },
    async GetRolePolicy(input, call) {
      const { name, ...policy } = await roles.get(call, input.RoleName, input.PolicyName);
      return { RoleName: name, ...policy };
    },

    ListUserPolicies: (input, call) => users.list(call, input.UserName, input),
    ListGroupPolicies: (input, call) => groups.list(call, input.GroupName, input),
    ListRolePolicies: (input, call) => roles.list(call, input.RoleName, input),

    DeleteUserPolicy: (input, call) => users.delete(call, input.UserName, input.PolicyName),
    DeleteGroupPolicy: (input, call) => groups.delete(call, input.GroupName, input.PolicyName),
    DeleteRolePolicy: (input, call) => roles.delete(call, input.RoleName, input.PolicyName),

    AttachUserPolicy: (input, call) => users.attach(call, input.UserName, input.PolicyArn),
    AttachGroupPolicy: (input, call) => groups.attach(call, input.GroupName, input.PolicyArn),
    AttachRolePolicy: (input, call) => roles.attach(call, input.RoleName, input.PolicyArn),

    DetachUserPolicy: (input, call) => users.detach(call, input.UserName, input.PolicyArn),
    DetachGroupPolicy: (input, call) => groups.detach(call, input.GroupName, input.PolicyArn),
    DetachRolePolicy: (input, call) => roles.detach(call, input.RoleName, input.PolicyArn),

    ListAttachedUserPolicies: (input, call) => users.listAttached(call, input.UserName, input),
    ListAttachedGroupPolicies: (input, call) => groups.listAttached(call, input.GroupName, input),
    ListAttachedRolePolicies: (input, call) => roles.listAttached(call, input.RoleName, input),
  };
}
