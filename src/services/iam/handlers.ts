/** All handlers of IAM over one state. */
import type { Handlers } from "../../wire/index.ts";
import { policyHandlers } from "./policies.ts";
import { policyVersionHandlers } from "./policy-versions.ts";
import { rolePolicyHandlers } from "./role-policies.ts";
import { roleHandlers } from "./roles.ts";
import { createIamState, type IamClient, type IamPorts } from "./state.ts";
import { userHandlers } from "./users.ts";

export function iamHandlers(ports: IamPorts): Handlers<IamClient> {
  const state = createIamState(ports);
  return {
    ...roleHandlers(state),
    ...rolePolicyHandlers(state),
    ...policyHandlers(state),
    ...policyVersionHandlers(state),
    ...userHandlers(),
  };
}
