/** Bounds of STS. */
export const STS_LIMITS = {
  /** AWS's default for AssumeRole. */
  assumeRoleSeconds: 3600,
  /** AWS's limit for a role that is assumed with another role's session. */
  chainedSeconds: 3600,
  /** AWS's default for GetSessionToken and GetFederationToken. */
  sessionTokenSeconds: 43_200,
  /** AWS's limit for the root user, in place of longer ones that are asked for. */
  rootSessionSeconds: 3600,
  /** Sessions that the resolver keeps in memory, so that a request costs no read of the store. */
  rememberedSessionsMax: 10_000,
  /** AWS does not publish how it packs policies and tags; here they are deflated. */
  packedBytesMax: 2048,
  sessionTags: 50,
  /** Of an authorization message. */
  maxDecodedBytes: 1_000_000,
  /** For each of the two requests that the keys of an identity provider take. */
  providerTimeoutMs: 5000,
  providerBytesMax: 262_144,
  /** Identity providers whose keys are remembered, and for how long. */
  rememberedProvidersMax: 100,
  providerKeysMs: 300_000,
  /** A key id that is unknown makes the keys be asked for again, but not sooner than this. */
  providerRetryMs: 10_000,
} as const;
