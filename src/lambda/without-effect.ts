/**
 * Settings that are accepted, kept and shown, but change nothing yet: member of the API → what is missing. The one list
 * that `lambent status` shows and that the handlers keep settings by, so nothing is ever ignored silently.
 */
export const WITHOUT_EFFECT = {
  VpcConfig: "functions run in Lambent's own network, not in a VPC",
  SnapStart: "versions start without a snapshot",
  CodeSigningConfigArn: "signatures of code are not checked",
  CapacityProviderConfig: "functions run on this server, not on a capacity provider",
  DurableConfig: "executions are not durable",
} as const satisfies Readonly<Record<string, string>>;

/** Single values with no effect of members that otherwise work. */
export const VALUES_WITHOUT_EFFECT = {
  "TracingConfig.Mode=Active": "traces are not recorded",
  Architectures: "functions run on this machine's processor, whichever they name",
  Role: "roles need not exist, and what they allow is not checked when functions use services",
  "Code.S3ObjectStorageMode=REFERENCE": "code is copied from S3 when the function is created or updated",
} as const satisfies Readonly<Record<string, string>>;
