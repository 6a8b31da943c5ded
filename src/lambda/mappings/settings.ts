/**
 * From the input of CreateEventSourceMapping and UpdateEventSourceMapping to a mapping's settings: what its kind of source
 * does not take is refused, defaults are applied, and every rule is checked that is more than a member's own constraint.
 */
import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import type { JsonValue } from "../../base/index.ts";
import type { OperationInput } from "../../wire/index.ts";
import type { LambdaModule } from "../control-plane.ts";
import { invalidParameter } from "../errors.ts";
import type { Quotas } from "../quotas.ts";
import type { Thawed } from "../thawed.ts";
import { requireAccess, requireDestination, requireFilters, requireKafka, requireRanges } from "./checks.ts";
import { COMMON_MEMBERS, rulesOf, type SourceKind } from "./kinds.ts";
import { type MappingSettings, mappingSettingsShape } from "./records.ts";

export type CreateInput = OperationInput<LambdaModule, "CreateEventSourceMapping">;
export type UpdateInput = OperationInput<LambdaModule, "UpdateEventSourceMapping">;

/** Members of a request that stand for "none" when they are empty, and then vanish. */
const EMPTIED = [
  "FilterCriteria",
  "ScalingConfig",
  "ProvisionedPollerConfig",
  "KMSKeyArn",
  "MetricsConfig",
  "LoggingConfig",
];

export function createdSettings(quotas: Quotas, kind: SourceKind, input: CreateInput, uuid: string): MappingSettings {
  const rules = rulesOf(kind);
  requireTaken(kind, input, input.ProvisionedPollerConfig !== undefined);
  for (const member of rules.needs) {
    const value: unknown = Reflect.get(input, (member[0] ?? "").toUpperCase() + member.slice(1));
    const isThere = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (!isThere) throw invalidParameter(`Required '${member}' parameter is missing.`);
  }
  requireStartingPosition(kind, input);
  return finished(quotas, kind, { ...rules.defaults, ...given(input) }, uuid);
}

/** What is not given stays; what is given replaces the member as a whole. */
export function changedSettings(
  quotas: Quotas,
  kind: SourceKind,
  current: MappingSettings,
  input: UpdateInput,
  uuid: string,
): MappingSettings {
  const pollers = input.ProvisionedPollerConfig ?? current.ProvisionedPollerConfig;
  requireTaken(kind, input, pollers !== undefined && Object.keys(pollers).length > 0);
  return finished(quotas, kind, { ...current, ...given(input) }, uuid);
}

function requireTaken(kind: SourceKind, input: object, isProvisioned: boolean): void {
  const { takes, takesWhenProvisioned } = rulesOf(kind);
  for (const [member, value] of Object.entries(input)) {
    if (value === undefined || COMMON_MEMBERS.has(member) || takes.has(member)) continue;
    if (isProvisioned && takesWhenProvisioned.has(member)) continue;
    throw invalidParameter(`Unsupported ${member} parameter for given event source mapping type.`);
  }
}

function requireStartingPosition(kind: SourceKind, input: CreateInput): void {
  const { StartingPosition: position, StartingPositionTimestamp: timestamp } = input;
  if (position === undefined && rulesOf(kind).startingPosition === "required") {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  }
  if (position === "AT_TIMESTAMP" && kind === "dynamodb") {
    throw invalidParameter(`Unsupported starting position for arn type: ${input.EventSourceArn}`);
  }
  if ((position === "AT_TIMESTAMP") !== (timestamp !== undefined)) {
    throw invalidParameter(
      "StartingPositionTimestamp must be given with, and only with, the starting position AT_TIMESTAMP.",
    );
  }
}

/** The members of `input` that are settings. */
function given(input: object): { readonly [member: string]: JsonValue } {
  const {
    FunctionName: _1,
    Enabled: _2,
    UUID: _3,
    Tags: _4,
    ...members
  }: { readonly [member: string]: JsonValue } = JSON.parse(JSON.stringify(input));
  return members;
}

function finished(
  quotas: Quotas,
  kind: SourceKind,
  members: { readonly [member: string]: JsonValue },
  uuid: string,
): MappingSettings {
  const kept = Object.fromEntries(
    Object.entries(members).filter(([member, value]) => !(EMPTIED.includes(member) && isEmpty(value))),
  );
  requireDestination(kind, kept["DestinationConfig"]);
  requireFilters(kept["FilterCriteria"], quotas.filters);
  requireAccess(kept["SourceAccessConfigurations"]);
  requireKafka(kept);
  const settings = mappingSettingsShape(completed(kind, kept, uuid), "EventSourceMapping");
  requireRanges(kind, settings);
  return settings;
}

function completed(kind: SourceKind, kept: { readonly [member: string]: JsonValue }, uuid: string): JsonValue {
  const { takes, pollers } = rulesOf(kind);
  const config = (member: string): { readonly [name: string]: JsonValue } => Object(kept[member] ?? {});
  const ownGroup = (member: string): object => ({ [member]: { ConsumerGroupId: uuid, ...config(member) } });
  const destination = Object(config("DestinationConfig")["OnFailure"] ?? {}).Destination;
  const isKafka = kind === "msk" || kind === "self-managed-kafka";
  return {
    ...kept,
    FunctionResponseTypes: kept["FunctionResponseTypes"] ?? [],
    ...(kind === "msk" && ownGroup("AmazonManagedKafkaEventSourceConfig")),
    ...(kind === "self-managed-kafka" && ownGroup("SelfManagedKafkaEventSourceConfig")),
    ...(takes.has("DestinationConfig") &&
      (!isKafka || kept["DestinationConfig"] !== undefined) && {
        DestinationConfig: { OnFailure: destination ? { Destination: destination } : {} },
      }),
    ...(kind === "documentdb" && {
      DocumentDBEventSourceConfig: { FullDocument: "Default", ...config("DocumentDBEventSourceConfig") },
    }),
    ...(pollers !== undefined &&
      kept["ProvisionedPollerConfig"] !== undefined && {
        ProvisionedPollerConfig: {
          MinimumPollers: pollers.min[0],
          MaximumPollers: 200,
          ...config("ProvisionedPollerConfig"),
        },
      }),
  };
}

function isEmpty(value: JsonValue): boolean {
  if (value === "") return true;
  if (typeof value !== "object" || value === null) return false;
  const members = Object.values(value);
  return members.length === 0 || members.every((member) => Array.isArray(member) && member.length === 0);
}

/** As the API shows them. */
export function shownSettings(settings: MappingSettings): EventSourceMappingConfiguration {
  const { StartingPositionTimestamp: timestamp, ...members } = settings;
  return {
    ...(structuredClone(members) as Thawed<typeof members>),
    ...(timestamp !== undefined && { StartingPositionTimestamp: new Date(timestamp) }),
  };
}
