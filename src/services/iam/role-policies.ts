/** Policies on roles: inline ones, and managed ones attached by ARN. */
import type { Handlers } from "../../wire/index.ts";
import {
  inlinePoliciesTooLarge,
  inlinePolicyNotFound,
  policyNotAttachable,
  policyNotFound,
  quotaExceeded,
} from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePageOf } from "./pages.ts";
import { checkIdentityPolicy, encodeDocument, policyCharacters } from "./policy-documents.ts";
import { findPolicy, parsePolicyArn } from "./policy-lookup.ts";
import { getRole, type IamClient, type IamState, updateRole } from "./state.ts";

export function rolePolicyHandlers(state: IamState): Handlers<IamClient> {
  return {
    async PutRolePolicy(input, call) {
      checkIdentityPolicy(input.PolicyDocument);
      await updateRole(state, call, input.RoleName, (role) => {
        const inlinePolicies = { ...role.inlinePolicies, [input.PolicyName]: input.PolicyDocument };
        const characters = Object.values(inlinePolicies).reduce((sum, document) => sum + policyCharacters(document), 0);
        const max = IAM_LIMITS.inlinePolicyCharacters.role;
        if (characters > max) throw inlinePoliciesTooLarge(role.name, max);
        return { ...role, inlinePolicies };
      });
      return {};
    },

    async GetRolePolicy(input, call) {
      const role = await getRole(state, call, input.RoleName);
      const document = Object.hasOwn(role.inlinePolicies, input.PolicyName)
        ? role.inlinePolicies[input.PolicyName]
        : undefined;
      if (document === undefined) throw inlinePolicyNotFound(input.PolicyName);
      return { RoleName: role.name, PolicyName: input.PolicyName, PolicyDocument: encodeDocument(document) };
    },

    async ListRolePolicies(input, call) {
      const role = await getRole(state, call, input.RoleName);
      const { items, ...rest } = await takePageOf(input, Object.keys(role.inlinePolicies), (name) => name);
      return { PolicyNames: items, ...rest };
    },

    async DeleteRolePolicy(input, call) {
      await updateRole(state, call, input.RoleName, (role) => {
        if (!Object.hasOwn(role.inlinePolicies, input.PolicyName)) throw inlinePolicyNotFound(input.PolicyName);
        const { [input.PolicyName]: _, ...inlinePolicies } = role.inlinePolicies;
        return { ...role, inlinePolicies };
      });
      return {};
    },

    async AttachRolePolicy(input, call) {
      const arn = input.PolicyArn;
      if ((await findPolicy(state, call, arn)) === undefined) throw policyNotAttachable(arn);
      await updateRole(state, call, input.RoleName, (role) => {
        if (role.attachedPolicyArns.includes(arn)) return role;
        const max = IAM_LIMITS.attachedPoliciesPerEntity;
        if (role.attachedPolicyArns.length >= max) throw quotaExceeded("PoliciesPerRole", max);
        return { ...role, attachedPolicyArns: [...role.attachedPolicyArns, arn] };
      });
      return {};
    },

    async DetachRolePolicy(input, call) {
      const arn = input.PolicyArn;
      parsePolicyArn(arn);
      await updateRole(state, call, input.RoleName, (role) => {
        if (!role.attachedPolicyArns.includes(arn)) throw policyNotFound(arn);
        return { ...role, attachedPolicyArns: role.attachedPolicyArns.filter((attached) => attached !== arn) };
      });
      return {};
    },

    async ListAttachedRolePolicies(input, call) {
      const role = await getRole(state, call, input.RoleName);
      const prefix = input.PathPrefix ?? "/";
      const attached = role.attachedPolicyArns.map((arn) => ({ arn, ...parsePolicyArn(arn) }));
      const shown = attached.filter((policy) => policy.path.startsWith(prefix));
      // A whole ARN can make a longer marker than IAM takes back; the name of an own policy is enough.
      const { items, ...rest } = await takePageOf(input, shown, ({ name, owner, path }) =>
        owner === "aws" ? `${name} ${path}` : name,
      );
      return { AttachedPolicies: items.map(({ arn, name }) => ({ PolicyName: name, PolicyArn: arn })), ...rest };
    },
  };
}
