/** Bounds of STS. */
export const STS_LIMITS = {
  /** AWS's default for AssumeRole. */
  assumeRoleSeconds: 3600,
  /** AWS's default for GetSessionToken. */
  sessionTokenSeconds: 43_200,
  /** Sessions that the resolver keeps in memory, so that a request costs no read of the store. */
  rememberedSessionsMax: 10_000,
} as const;
