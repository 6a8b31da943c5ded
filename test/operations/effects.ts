/**
 * Where each member of Lambda's requests takes effect: a file, or a folder of files, that reads it. A member that is in no
 * row, and is not declared as without effect either, fails the test beside this file.
 */
const PER_FILE: Readonly<Record<string, readonly string[]>> = {
  "src/invoke/handlers.ts": [
    ...[
      "ClientContext",
      "DurableExecutionName",
      "DryRun",
      "InvocationType",
      "InvokeArgs",
      "LogType",
      "Payload",
      "TenantId",
    ],
  ],
  "src/lambda/aliases.ts": ["FunctionVersion", "Name", "RevisionId", "RoutingConfig"],
  "src/lambda/capacity-providers/handlers.ts": ["CapacityProviderName", "State"],
  "src/lambda/code-upload.ts": [
    "S3Bucket",
    "S3Key",
    "S3ObjectStorageMode",
    "S3ObjectVersion",
    "SourceKMSKeyArn",
    "ZipFile",
  ],
  "src/lambda/code-signing/": ["AllowedPublishers", "CodeSigningConfigArn", "CodeSigningPolicies"],
  "src/lambda/dead-letter-config.ts": ["DeadLetterConfig"],
  "src/lambda/durable-executions.ts": ["CallbackId", "DurableExecutionArn"],
  "src/lambda/event-invoke-config.ts": ["DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"],
  "src/lambda/file-systems.ts": ["FileSystemConfigs"],
  "src/lambda/function-keys.ts": ["KMSKeyArn"],
  "src/lambda/function-urls.ts": ["AuthType", "Cors", "InvokeMode"],
  "src/lambda/function-list.ts": ["Marker", "MasterRegion", "MaxItems"],
  "src/lambda/functions.ts": ["Code", "FunctionName", "Publish", "PublishTo", "Qualifier"],
  "src/lambda/image-code.ts": ["ImageConfig", "ImageUri"],
  "src/lambda/layer-permissions.ts": ["OrganizationId"],
  "src/lambda/layers.ts": [
    ...["Arn", "CompatibleArchitecture", "CompatibleArchitectures", "CompatibleRuntime", "CompatibleRuntimes"],
    ...["Content", "LayerName", "LicenseInfo", "VersionNumber"],
  ],
  "src/lambda/layer-uses.ts": ["Layers"],
  "src/lambda/mappings/": [
    ...[
      "AmazonManagedKafkaEventSourceConfig",
      "BatchSize",
      "BisectBatchOnFunctionError",
      "DocumentDBEventSourceConfig",
    ],
    ...["Enabled", "EventSourceArn", "FilterCriteria", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds"],
    ...["MaximumRecordAgeInSeconds", "MetricsConfig", "ParallelizationFactor", "ProvisionedPollerConfig", "Queues"],
    ...["ScalingConfig", "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig", "SourceAccessConfigurations"],
    ...["StartingPosition", "StartingPositionTimestamp", "Topics", "TumblingWindowInSeconds", "UUID"],
  ],
  "src/lambda/permissions.ts": [
    ...["Action", "EventSourceToken", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal", "PrincipalOrgID"],
    ...["SourceAccount", "SourceArn", "StatementId"],
  ],
  "src/lambda/provisioned-concurrency.ts": ["ProvisionedConcurrentExecutions"],
  "src/lambda/recursion-config.ts": ["RecursiveLoop"],
  "src/lambda/reserved-concurrency.ts": ["ReservedConcurrentExecutions"],
  "src/lambda/resource-policies.ts": ["Policy", "ResourceArn"],
  "src/lambda/runtime-management.ts": ["RuntimeVersionArn", "UpdateRuntimeOn"],
  "src/lambda/scaling-config.ts": ["FunctionScalingConfig"],
  "src/lambda/settings.ts": [
    ...["Description", "Environment", "EphemeralStorage", "Handler", "LoggingConfig", "MemorySize", "PackageType"],
    ...["Runtime", "Timeout", "TracingConfig"],
  ],
  "src/lambda/tags.ts": ["Resource", "TagKeys", "Tags"],
  "src/lambda/tenancy.ts": ["TenancyConfig"],
  "src/lambda/versions.ts": ["CodeSha256"],
};

/** Member → where it takes effect. */
export const EFFECTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(PER_FILE).flatMap(([path, members]) => members.map((member) => [member, path])),
);

/** Members without effect by themselves, because of what is declared under another name. */
export const BECAUSE_OF: Readonly<Record<string, string>> = {
  CapacityProviderScalingConfig: "CreateCapacityProvider",
  InstanceRequirements: "CreateCapacityProvider",
  KmsKeyArn: "CreateCapacityProvider",
  PermissionsConfig: "CreateCapacityProvider",
  PropagateTags: "CreateCapacityProvider",
  TelemetryConfig: "CreateCapacityProvider",
  // No execution is there that they could be about.
  CheckpointToken: "DurableConfig",
  ClientToken: "DurableConfig",
  Error: "DurableConfig",
  IncludeExecutionData: "DurableConfig",
  Result: "DurableConfig",
  ReverseOrder: "DurableConfig",
  StartedAfter: "DurableConfig",
  StartedBefore: "DurableConfig",
  Statuses: "DurableConfig",
  Updates: "DurableConfig",
};
