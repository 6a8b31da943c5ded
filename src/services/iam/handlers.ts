/** All handlers of IAM over one state. */
import type { Handlers } from "../../wire/index.ts";
import { accessKeyHandlers } from "./access-keys.ts";
import { accountSummaryHandlers } from "./account-summary.ts";
import { accountAliasHandlers } from "./accounts.ts";
import { authorizationDetailsHandlers } from "./authorization-details.ts";
import { credentialReportHandlers } from "./credential-report.ts";
import { groupHandlers } from "./groups.ts";
import { holderPolicyHandlers } from "./holder-policy-handlers.ts";
import { instanceProfileHandlers } from "./instance-profiles.ts";
import { loginProfileHandlers } from "./login-profiles.ts";
import { oidcProviderHandlers } from "./oidc-providers.ts";
import { passwordPolicyHandlers } from "./password-policy.ts";
import { policyHandlers } from "./policies.ts";
import { policyVersionHandlers } from "./policy-versions.ts";
import { roleHandlers } from "./roles.ts";
import { samlProviderHandlers } from "./saml-providers.ts";
import { serviceLinkedRoleHandlers } from "./service-linked-roles.ts";
import { simulationHandlers } from "./simulation.ts";
import type { IamClient, IamState } from "./state.ts";
import { unusedCredentialHandlers } from "./unused-credentials.ts";
import { userHandlers } from "./users.ts";

export function iamHandlers(state: IamState): Handlers<IamClient> {
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
    ...accountSummaryHandlers(state),
    ...authorizationDetailsHandlers(state),
    ...credentialReportHandlers(state),
    ...oidcProviderHandlers(state),
    ...samlProviderHandlers(state),
    ...unusedCredentialHandlers(state),
    ...simulationHandlers(state),
  };
}
