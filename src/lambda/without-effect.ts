/**
 * Settings that are accepted, kept and shown, but change nothing yet: member of the API → what is missing. The one list
 * that `lambent status` shows and that the handlers keep settings by, so nothing is ever ignored silently.
 */
import type { SourceKind } from "./mappings/kinds.ts";

export const WITHOUT_EFFECT = {
  VpcConfig: "functions run in Lambent's own network, not in a VPC",
  SnapStart: "versions start without a snapshot",
  CapacityProviderConfig: "functions run on this server, not on a capacity provider",
  DurableConfig: "executions are not durable",
} as const satisfies Readonly<Record<string, string>>;

/** Single values with no effect of members that otherwise work. */
const VALUES_WITHOUT_EFFECT = {
  "TracingConfig.Mode=Active": "traces are not recorded",
  Architectures: "functions run on this machine's processor, whichever they name",
  Role: "unless --auth=enforce, roles need not exist, and what they allow is not checked when functions use services",
} as const satisfies Readonly<Record<string, string>>;

/** Kinds of event sources whose mappings nobody polls yet. */
const SOURCES_WITHOUT_POLLER = {
  sqs: "queues are not polled",
  "sqs-fifo": "FIFO queues are not polled",
  kinesis: "Kinesis streams are not read",
  dynamodb: "DynamoDB streams are not read",
  msk: "MSK clusters are not read",
  "self-managed-kafka": "self-managed Kafka clusters are not read",
  mq: "ActiveMQ and RabbitMQ brokers are not read",
  documentdb: "change streams of DocumentDB are not read",
} as const satisfies Readonly<Record<SourceKind, string>>;

/** Operations whose resources are kept and shown, and change nothing else. */
const OPERATIONS_WITHOUT_EFFECT = {
  CreateCapacityProvider: "no instances are started",
  UpdateCapacityProvider: "no instances are started",
  PutRuntimeManagementConfig: "functions run on this machine's runtimes, whichever version they are held to",
} as const satisfies Readonly<Record<string, string>>;

/** Everything, for people. */
export const SETTINGS_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  ...WITHOUT_EFFECT,
  ...VALUES_WITHOUT_EFFECT,
  ...Object.fromEntries(
    Object.entries(SOURCES_WITHOUT_POLLER).map(([kind, text]) => [`CreateEventSourceMapping (${kind})`, text]),
  ),
  ...OPERATIONS_WITHOUT_EFFECT,
};
