/**
 * What is kept of an event source mapping. Its settings have the API's own names and are complete: defaults were applied when
 * it was written, so that pollers read what they do and the API shows what is here.
 */
import type {
  EventSourceMappingMetric,
  EventSourceMappingSystemLogLevel,
  EventSourcePosition,
  FullDocument,
  FunctionResponseType,
  KafkaSchemaRegistryAuthType,
  KafkaSchemaValidationAttribute,
  SchemaRegistryEventRecordFormat,
  SourceAccessType,
} from "@aws-sdk/client-lambda";
import { array, boolean, integer, mapOf, object, oneOf, optional, type ShapeType, text } from "../../store/index.ts";
import type { Place } from "../../wire/index.ts";
import type { FunctionName } from "../names.ts";
import { named, placePath } from "../records.ts";

const registryShape = object({
  SchemaRegistryURI: optional(text),
  EventRecordFormat: optional(named<SchemaRegistryEventRecordFormat>()),
  AccessConfigs: optional(array(object({ Type: optional(named<KafkaSchemaRegistryAuthType>()), URI: optional(text) }))),
  SchemaValidationConfigs: optional(array(object({ Attribute: optional(named<KafkaSchemaValidationAttribute>()) }))),
});
const kafkaConfigShape = object({ ConsumerGroupId: text, SchemaRegistryConfig: optional(registryShape) });

export const mappingSettingsShape = object({
  EventSourceArn: optional(text),
  BatchSize: integer,
  FilterCriteria: optional(object({ Filters: array(object({ Pattern: optional(text) })) })),
  KMSKeyArn: optional(text),
  MetricsConfig: optional(object({ Metrics: optional(array(named<EventSourceMappingMetric>())) })),
  LoggingConfig: optional(object({ SystemLogLevel: optional(named<EventSourceMappingSystemLogLevel>()) })),
  ScalingConfig: optional(object({ MaximumConcurrency: integer })),
  MaximumBatchingWindowInSeconds: optional(integer),
  ParallelizationFactor: optional(integer),
  StartingPosition: optional(named<EventSourcePosition>()),
  /** ISO 8601. */
  StartingPositionTimestamp: optional(text),
  DestinationConfig: optional(object({ OnFailure: object({ Destination: optional(text) }) })),
  MaximumRecordAgeInSeconds: optional(integer),
  BisectBatchOnFunctionError: optional(boolean),
  MaximumRetryAttempts: optional(integer),
  TumblingWindowInSeconds: optional(integer),
  Topics: optional(array(text)),
  Queues: optional(array(text)),
  SourceAccessConfigurations: optional(array(object({ Type: named<SourceAccessType>(), URI: text }))),
  SelfManagedEventSource: optional(object({ Endpoints: mapOf(array(text)) })),
  FunctionResponseTypes: array(named<FunctionResponseType>()),
  AmazonManagedKafkaEventSourceConfig: optional(kafkaConfigShape),
  SelfManagedKafkaEventSourceConfig: optional(kafkaConfigShape),
  DocumentDBEventSourceConfig: optional(
    object({ DatabaseName: text, CollectionName: optional(text), FullDocument: named<FullDocument>() }),
  ),
  ProvisionedPollerConfig: optional(
    object({ MinimumPollers: integer, MaximumPollers: integer, PollerGroupName: optional(text) }),
  ),
});
export type MappingSettings = ShapeType<typeof mappingSettingsShape>;

const stateShape = oneOf("Creating", "Enabling", "Enabled", "Disabling", "Disabled", "Updating", "Deleting");
type MappingState = ShapeType<typeof stateShape>;

export const mappingShape = object({
  uuid: text,
  accountId: text,
  region: text,
  kind: oneOf("sqs", "sqs-fifo", "kinesis", "dynamodb", "msk", "self-managed-kafka", "mq", "documentdb"),
  functionName: named<FunctionName>(),
  /** As requests named it; missing for the function itself. */
  qualifier: optional(text),
  /** What it is, or shall be once its state has settled. */
  enabled: boolean,
  state: stateShape,
  stateReason: text,
  lastModifiedMs: integer,
  lastProcessingResult: optional(text),
  settings: mappingSettingsShape,
  tags: mapOf(text),
});
export type MappingRecord = ShapeType<typeof mappingShape>;

/** The mapping that has a source and a function for itself. */
export const claimShape = object({ uuid: text, claimedMs: integer });

export const MAPPINGS_TABLE = "lambda/event-source-mappings";
export const CLAIMS_TABLE = "lambda/mapping-claims";

export function mappingPath(at: Place, uuid: string): string {
  return placePath(at, uuid.toLowerCase());
}

const PASSING: ReadonlySet<MappingState> = new Set(["Creating", "Enabling", "Disabling", "Updating", "Deleting"]);

/** In a state that it leaves by itself. */
export function isPassing({ state }: MappingRecord): boolean {
  return PASSING.has(state);
}
