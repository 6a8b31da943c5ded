/** Quotas of KMS and bounds of this room. Source: AWS KMS developer guide, "Quotas". */
export const LIMITS = {
  aliasesPerKey: 50,
  grantsPerKey: 50_000,
  tags: 50,
  policyBytes: 32_768,
  /** Of a symmetric Encrypt; asymmetric keys take what their padding leaves. */
  plaintextBytes: 4096,
  pageSize: 100,
  grantsPage: 50,
  rotationDays: 365,
  pendingDays: 30,
  pendingDaysMin: 7,
  pendingDaysMax: 30,
} as const;

/** Material of one key that older ciphertexts may need: rotations of two and a half years, if monthly. */
export const MATERIALS_MAX = 64;

export const DAY_MS = 86_400_000;
