/** Quotas of IAM, as AWS sets them by default. */
export const IAM_LIMITS = {
  pageItemsDefault: 100,
  attachedPoliciesPerRole: 10,
  /** Characters without white space, all inline policies of a role together. */
  inlinePolicyCharactersPerRole: 10_240,
  trustPolicyCharacters: 2048,
  managedPolicyCharacters: 6144,
  policyVersions: 5,
  tags: 50,
  maxSessionSeconds: 3600,
} as const;
