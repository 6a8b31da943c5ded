/**
 * The kinds of event sources, and which settings each takes, as data: members of CreateEventSourceMapping by kind, their
 * defaults, and how the service names the cause of a mapping's states. Source: Lambda API reference,
 * "CreateEventSourceMapping", and recorded answers.
 */
import { parseArn } from "../../wire/index.ts";

export type SourceKind =
  | "sqs"
  | "sqs-fifo"
  | "kinesis"
  | "dynamodb"
  | "msk"
  | "self-managed-kafka"
  | "mq"
  | "documentdb";

export interface SourceRules {
  /** Members that not every kind takes. */
  readonly takes: ReadonlySet<string>;
  /** Taken only together with ProvisionedPollerConfig. */
  readonly takesWhenProvisioned: ReadonlySet<string>;
  /** Members without which there is no mapping, as requests spell them. */
  readonly needs: readonly string[];
  readonly defaults: Readonly<Record<string, number | boolean | string>>;
  readonly batchSizeMax: number;
  readonly startingPosition: "required" | "optional" | "none";
  readonly reason: "User action" | "USER_INITIATED";
  /** SQS alone says nothing of the last batch. */
  readonly showsLastResult: boolean;
  /** Metrics that may be asked for. */
  readonly metrics: readonly string[];
  readonly pollers: { readonly min: readonly [number, number]; readonly max: readonly [number, number] } | undefined;
}

const NONE: ReadonlySet<string> = new Set();
const STREAM_MEMBERS = [
  "BisectBatchOnFunctionError",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "FunctionResponseTypes",
];

const queue: SourceRules = {
  takes: new Set([
    "EventSourceArn",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
    "FunctionResponseTypes",
    "ProvisionedPollerConfig",
    "MetricsConfig",
  ]),
  takesWhenProvisioned: NONE,
  needs: [],
  defaults: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0 },
  batchSizeMax: 10_000,
  startingPosition: "none",
  reason: "USER_INITIATED",
  showsLastResult: false,
  metrics: ["EventCount"],
  pollers: { min: [2, 200], max: [2, 10_000] },
};

const stream: SourceRules = {
  takes: new Set([
    "EventSourceArn",
    "MaximumBatchingWindowInSeconds",
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
    "DestinationConfig",
    "MetricsConfig",
    ...STREAM_MEMBERS,
  ]),
  takesWhenProvisioned: NONE,
  needs: [],
  defaults: {
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 0,
    BisectBatchOnFunctionError: false,
    MaximumRecordAgeInSeconds: -1,
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 0,
  },
  batchSizeMax: 10_000,
  startingPosition: "required",
  reason: "User action",
  showsLastResult: true,
  metrics: ["EventCount"],
  pollers: undefined,
};

const KAFKA_MEMBERS = [
  "MaximumBatchingWindowInSeconds",
  "StartingPosition",
  "StartingPositionTimestamp",
  "Topics",
  "SourceAccessConfigurations",
  "DestinationConfig",
  "ProvisionedPollerConfig",
  "MetricsConfig",
  "LoggingConfig",
];

const kafka: SourceRules = {
  takes: new Set([...KAFKA_MEMBERS, "EventSourceArn", "AmazonManagedKafkaEventSourceConfig"]),
  takesWhenProvisioned: new Set(STREAM_MEMBERS),
  needs: ["topics"],
  defaults: { BatchSize: 100, StartingPosition: "TRIM_HORIZON" },
  batchSizeMax: 10_000,
  startingPosition: "optional",
  reason: "USER_INITIATED",
  showsLastResult: true,
  metrics: ["EventCount", "ErrorCount", "KafkaMetrics"],
  pollers: { min: [1, 200], max: [1, 2_000] },
};

const RULES: Readonly<Record<SourceKind, SourceRules>> = {
  sqs: queue,
  "sqs-fifo": { ...queue, batchSizeMax: 10 },
  kinesis: stream,
  dynamodb: stream,
  msk: kafka,
  "self-managed-kafka": {
    ...kafka,
    takes: new Set([...KAFKA_MEMBERS, "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig"]),
    needs: ["sourceAccessConfigurations", "topics"],
  },
  mq: {
    ...kafka,
    takes: new Set([
      "EventSourceArn",
      "MaximumBatchingWindowInSeconds",
      "Queues",
      "SourceAccessConfigurations",
      "MetricsConfig",
    ]),
    takesWhenProvisioned: NONE,
    needs: ["sourceAccessConfigurations", "queues"],
    defaults: { BatchSize: 100 },
    startingPosition: "none",
    metrics: ["EventCount"],
    pollers: undefined,
  },
  documentdb: {
    ...kafka,
    takes: new Set([
      "EventSourceArn",
      "MaximumBatchingWindowInSeconds",
      "StartingPosition",
      "StartingPositionTimestamp",
      "SourceAccessConfigurations",
      "DocumentDBEventSourceConfig",
      "MetricsConfig",
    ]),
    takesWhenProvisioned: NONE,
    needs: ["sourceAccessConfigurations", "documentDBEventSourceConfig"],
    defaults: { BatchSize: 100 },
    startingPosition: "required",
    metrics: ["EventCount"],
    pollers: undefined,
  },
};

/** Members that every kind takes: none of them is in `takes`. */
export const COMMON_MEMBERS: ReadonlySet<string> = new Set([
  "FunctionName",
  "UUID",
  "Enabled",
  "BatchSize",
  "FilterCriteria",
  "KMSKeyArn",
  "Tags",
]);

export function rulesOf(kind: SourceKind): SourceRules {
  return RULES[kind];
}

/** Undefined for what is no event source. */
export function kindOf(input: {
  readonly EventSourceArn?: string | undefined;
  readonly SelfManagedEventSource?: object | undefined;
}): SourceKind | undefined {
  if (input.EventSourceArn === undefined) return input.SelfManagedEventSource && "self-managed-kafka";
  const { service, resource = "" } = parseArn(input.EventSourceArn) ?? {};
  if (service === "sqs") return resource.endsWith(".fifo") ? "sqs-fifo" : "sqs";
  if (service === "kinesis" && resource.startsWith("stream/")) return "kinesis";
  if (service === "dynamodb" && /^table\/[^/]+\/stream\/./.test(resource)) return "dynamodb";
  if (service === "kafka" && resource.startsWith("cluster/")) return "msk";
  if (service === "mq" && resource.startsWith("broker:")) return "mq";
  if (service === "rds" && resource.startsWith("cluster:")) return "documentdb";
  return undefined;
}
