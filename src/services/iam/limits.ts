/** Quotas of IAM, as AWS sets them by default, and bounds of what is kept in memory. */
export const IAM_LIMITS = {
  pageItemsDefault: 100,
  attachedPoliciesPerEntity: 10,
  /** Characters without white space, all inline policies of one together. */
  inlinePolicyCharacters: { user: 2048, group: 5120, role: 10_240 },
  trustPolicyCharacters: 2048,
  managedPolicyCharacters: 6144,
  policyVersions: 5,
  tags: 50,
  maxSessionSeconds: 3600,
  accessKeysPerUser: 2,
  groupsPerUser: 10,
  rolesPerProfile: 1,
  clientIdsPerProvider: 100,
  thumbprintsPerProvider: 5,
  /** Policies that a directory keeps compiled. */
  compiledDocumentsMax: 10_000,
  /** Principals whose policies a directory keeps gathered. */
  gatheredPrincipalsMax: 10_000,
  /** How long a noted use stands for those that follow: AWS tells of uses within minutes to hours. */
  lastUseEveryMs: 5 * 60_000,
  /** Keys and roles whose last written use is remembered; a forgotten one is written again. */
  lastUsesKnownMax: 10_000,
} as const;
