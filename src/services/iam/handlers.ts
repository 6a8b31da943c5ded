/** All handlers of IAM over one state. */
import type { Handlers } from "../../wire/index.ts";
import { accessKeyHandlers } from "./access-keys.ts";
import { accountAliasHandlers } from "./accounts.ts";
import { groupHandlers } from "./groups.ts";
import { holderPolicyHandlers } from "./holder-policy-handlers.ts";
import { instanceProfileHandlers } from "./instance-profiles.ts";
import { loginProfileHandlers } from "./login-profiles.ts";
import { passwordPolicyHandlers } from "./password-policy.ts";
import { policyHandlers } from "./policies.ts";
import { policyVersionHandlers } from "./policy-versions.ts";
import { roleHandlers } from "./roles.ts";
import { serviceLinkedRoleHandlers } from "./service-linked-roles.ts";
import { createIamState, type IamClient, type IamPorts } from "./state.ts";
import { userHandlers } from "./users.ts";

export function iamHandlers(ports: IamPorts): Handlers<IamClient> {
  const state = createIamState(ports);
  return {
    ...roleHandlers(state),
    ...serviceLinkedRoleHandlers(state),
    ...instanceProfileHandlers(state),
    ...userHandlers(state),
    ...accessKeyHandlers(state),
    ...loginProfileHandlers(state),
    ...groupHandlers(state),
    ...holderPolicyHandlers(state),
    ...policyHandlers(state),
    ...policyVersionHandlers(state),
    ...accountAliasHandlers(state),
    ...passwordPolicyHandlers(state),
  };
}
