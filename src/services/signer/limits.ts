/** Facts and quotas of AWS Signer, and bounds of this room. Source: AWS Signer developer guide. */
export const PLATFORM = "AWSLambda-SHA384-ECDSA";
export const PLATFORM_NAME = "AWS Lambda";

export const LIMITS = {
  /** The longest validity, and the default. */
  validityMonths: 135,
  tags: 50,
  permissions: 50,
  pageSize: 25,
  sourceBytes: 262_144_000,
} as const;

/** Versions of one profile name: one for each time that it was made again after it was cancelled. */
export const VERSIONS_MAX = 100;

export const CERTIFICATE_YEARS = 40;
export const DAY_MS = 86_400_000;
