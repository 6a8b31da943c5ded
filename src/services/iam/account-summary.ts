/** GetAccountSummary: what the account has, and AWS's default quotas. */
import type { Handlers } from "../../wire/index.ts";
import { allEntities, usesOf } from "./attachments.ts";
import { IAM_LIMITS } from "./limits.ts";
import type { IamClient, IamState } from "./state.ts";

/** Quotas that nothing here enforces; AWS's defaults. */
const QUOTAS = {
  UsersQuota: 5000,
  GroupsQuota: 300,
  RolesQuota: 1000,
  PoliciesQuota: 1500,
  InstanceProfilesQuota: 1000,
  ServerCertificatesQuota: 20,
  PolicyVersionsInUseQuota: 10_000,
  SigningCertificatesPerUserQuota: 2,
  GlobalEndpointTokenVersion: 1,
} as const;

export function accountSummaryHandlers(state: IamState): Handlers<IamClient> {
  return {
    async GetAccountSummary(_input, call) {
      const [entities, policies, profiles] = await Promise.all([
        allEntities(state, call),
        state.policies.all(call),
        state.profiles.all(call),
      ]);
      const { attached } = usesOf(entities);
      let providers = 0;
      for (const table of [state.oidc, state.saml]) {
        for await (const _ of table.scan(`${call.accountId}/`)) providers += 1;
      }
      return {
        SummaryMap: {
          ...QUOTAS,
          Users: entities.users.length,
          Groups: entities.groups.length,
          Roles: entities.roles.length,
          Policies: policies.length,
          PolicyVersionsInUse: [...attached.values()].reduce((sum, count) => sum + count, 0),
          InstanceProfiles: profiles.length,
          Providers: providers,
          ServerCertificates: 0,
          MFADevices: 0,
          MFADevicesInUse: 0,
          AccountMFAEnabled: 0,
          AccountPasswordPresent: 1,
          AccountAccessKeysPresent: 0,
          AccountSigningCertificatesPresent: 0,
          AccessKeysPerUserQuota: IAM_LIMITS.accessKeysPerUser,
          GroupsPerUserQuota: IAM_LIMITS.groupsPerUser,
          AttachedPoliciesPerUserQuota: IAM_LIMITS.attachedPoliciesPerEntity,
          AttachedPoliciesPerGroupQuota: IAM_LIMITS.attachedPoliciesPerEntity,
          AttachedPoliciesPerRoleQuota: IAM_LIMITS.attachedPoliciesPerEntity,
          UserPolicySizeQuota: IAM_LIMITS.inlinePolicyCharacters.user,
          GroupPolicySizeQuota: IAM_LIMITS.inlinePolicyCharacters.group,
          RolePolicySizeQuota: IAM_LIMITS.inlinePolicyCharacters.role,
          AssumeRolePolicySizeQuota: IAM_LIMITS.trustPolicyCharacters,
          PolicySizeQuota: IAM_LIMITS.managedPolicyCharacters,
          VersionsPerPolicyQuota: IAM_LIMITS.policyVersions,
        },
      };
    },
  };
}
