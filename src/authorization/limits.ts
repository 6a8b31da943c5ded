/** Every bound of this room. */
export const AUTHORIZATION_LIMITS = {
  /** Resource policies that are kept compiled. */
  compiledPoliciesMax: 10_000,
  /** Findings of the audit that are kept, and so told once only; the oldest give way. */
  findingsMax: 10_000,
  /** Characters of an ARN, a key or a header that a finding keeps. */
  findingTextMax: 2_048,
} as const;
