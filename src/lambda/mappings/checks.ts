/**
 * Rules on the settings of event source mappings that the API's model does not have. Where a text of AWS's is not known,
 * the refusal says the rule; SPECIFICATION.md lists them.
 */
import type { JsonValue } from "../../base/index.ts";
import { InvalidPattern, parsePattern } from "../../event-pattern/index.ts";
import { parseArn } from "../../wire/index.ts";
import { invalidParameter } from "../errors.ts";
import { rulesOf, type SourceKind } from "./kinds.ts";
import type { MappingSettings } from "./records.ts";

type Members = { readonly [member: string]: JsonValue };

function membersOf(value: JsonValue | undefined): Members {
  return typeof value === "object" && value !== null && !isList(value) ? value : {};
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return value !== undefined && isList(value) ? value : [];
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Where records of failed batches may go. Kafka may also write to a topic of its own cluster. */
const DESTINATIONS = new Set(["sqs", "sns", "s3"]);

export function requireDestination(kind: SourceKind, config: JsonValue | undefined): void {
  if (config === undefined) return;
  const { OnSuccess: onSuccess, OnFailure: onFailure } = membersOf(config);
  if (onSuccess !== undefined) {
    throw invalidParameter("Unsupported DestinationConfig parameter for given event source mapping type.");
  }
  const arn = membersOf(onFailure)["Destination"];
  if (typeof arn !== "string" || arn === "") return;
  const isKafka = kind === "msk" || kind === "self-managed-kafka";
  if (isKafka && arn.startsWith("kafka://")) return;
  if (DESTINATIONS.has(parseArn(arn)?.service ?? "")) return;
  throw invalidParameter(
    `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${arn})) is invalid.`,
  );
}

export function requireFilters(criteria: JsonValue | undefined, limit: number): void {
  const filters = listOf(membersOf(criteria)["Filters"]);
  if (filters.length > limit) {
    throw invalidParameter(`FilterCriteria has ${filters.length} filters; ${limit} are allowed.`);
  }
  for (const filter of filters) {
    const pattern = membersOf(filter)["Pattern"];
    if (typeof pattern !== "string") continue;
    try {
      parsePattern(pattern);
    } catch (error) {
      if (!(error instanceof InvalidPattern)) throw error;
      throw invalidParameter("Invalid filter pattern definition.");
    }
  }
}

export function requireAccess(configurations: JsonValue | undefined): void {
  for (const configuration of listOf(configurations)) {
    const { Type: type, URI: uri } = membersOf(configuration);
    if (typeof type !== "string" || typeof uri !== "string") {
      throw invalidParameter("Each of 'sourceAccessConfigurations' must have a Type and a URI.");
    }
  }
}

/** What groups of consumers cannot do yet on AWS either, and endpoints that must be there. */
export function requireKafka(members: Members): void {
  if (membersOf(members["SelfManagedKafkaEventSourceConfig"])["ConsumptionMode"] !== undefined) {
    throw invalidParameter("Unsupported 'ConsumptionMode' parameter for given event source mapping type");
  }
  const source = members["SelfManagedEventSource"];
  if (source !== undefined && Object.keys(membersOf(membersOf(source)["Endpoints"])).length === 0) {
    throw invalidParameter("Required 'endpoints' parameter is missing.");
  }
  const database = members["DocumentDBEventSourceConfig"];
  if (database !== undefined && membersOf(database)["DatabaseName"] === undefined) {
    throw invalidParameter("Required 'databaseName' parameter is missing.");
  }
}

export function requireRanges(kind: SourceKind, settings: MappingSettings): void {
  const { batchSizeMax, metrics } = rulesOf(kind);
  const { BatchSize: size, MaximumBatchingWindowInSeconds: window = 0 } = settings;
  if (size > batchSizeMax) throw outOfRange("batchSize", size, "less", batchSizeMax);
  if (kind === "sqs" && size > 10 && window === 0) {
    throw invalidParameter(
      "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    );
  }
  if (kind === "sqs-fifo" && window > 0) throw invalidParameter("Batching window is not supported for FIFO queues");
  const age = settings.MaximumRecordAgeInSeconds ?? -1;
  if (age >= 0 && age < 60) throw outOfRange("maximumRecordAgeInSeconds", age, "greater", 60);
  for (const metric of settings.MetricsConfig?.Metrics ?? []) {
    if (!metrics.includes(metric)) {
      throw invalidParameter(`Unsupported metric ${metric} for given event source mapping type.`);
    }
  }
  requirePollers(kind, settings);
}

function requirePollers(
  kind: SourceKind,
  { ProvisionedPollerConfig: config, ScalingConfig: scaling }: MappingSettings,
): void {
  const { pollers } = rulesOf(kind);
  if (config === undefined || pollers === undefined) return;
  if (scaling !== undefined) {
    throw invalidParameter("ScalingConfig and ProvisionedPollerConfig cannot be used together.");
  }
  const { MinimumPollers: min, MaximumPollers: max } = config;
  if (min < pollers.min[0]) throw outOfRange("provisionedPollerConfig.minimumPollers", min, "greater", pollers.min[0]);
  if (max < pollers.max[0]) throw outOfRange("provisionedPollerConfig.maximumPollers", max, "greater", pollers.max[0]);
  if (max > pollers.max[1]) throw outOfRange("provisionedPollerConfig.maximumPollers", max, "less", pollers.max[1]);
  if (min > max) throw invalidParameter("MinimumPollers must not be greater than MaximumPollers.");
}

function outOfRange(path: string, value: number, than: "less" | "greater", bound: number): Error {
  return invalidParameter(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must have value ${than} than or equal to ${bound}`,
  );
}
