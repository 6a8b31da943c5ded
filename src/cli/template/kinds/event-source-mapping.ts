/** AWS::Lambda::EventSourceMapping. Its UUID is known when it was made; until then it is looked for by its tags. */

import { setTimeout as wait } from "node:timers/promises";
import type {
  CreateEventSourceMappingCommandInput,
  UpdateEventSourceMappingCommandInput,
} from "@aws-sdk/client-lambda";
import { READY_POLL_MS, READY_WAIT_MS } from "../../limits.ts";
import { defined, type JsonObject, plainObject } from "../json.ts";
import { input, type Kind, type Live, ownTags, type Tools, tagsOf, unlessMissing } from "./kind.ts";

const CHANGEABLE = [
  ["BatchSize", "Enabled", "FilterCriteria", "MaximumBatchingWindowInSeconds", "DestinationConfig", "FunctionName"],
  ["MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts", "ParallelizationFactor"],
  ["SourceAccessConfigurations", "TumblingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig"],
  ["DocumentDBEventSourceConfig", "KmsKeyArn", "MetricsConfig", "ProvisionedPollerConfig", "LoggingConfig"],
  ["AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"],
].flat();
const FIXED = [
  "EventSourceArn",
  "StartingPosition",
  "StartingPositionTimestamp",
  "Topics",
  "Queues",
  "SelfManagedEventSource",
];
const NUMBERS = [
  ["BatchSize", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"],
  ["ParallelizationFactor", "TumblingWindowInSeconds", "StartingPositionTimestamp"],
].flat();

export const eventSourceMapping: Kind = {
  shape: {
    ...Object.fromEntries([...CHANGEABLE, ...FIXED].map((name) => [name, "json" as const])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, "number" as const])),
    FunctionName: "text",
    Enabled: "boolean",
    BisectBatchOnFunctionError: "boolean",
    ScalingConfig: { MaximumConcurrency: "number" },
    Tags: "json",
  },
  required: ["FunctionName"],
  defaults: { Enabled: true },
  replacing: FIXED,
  exact: [],

  predict: () => ({}),

  async read({ lambda: { sdk, client } }, id, desired) {
    const found = await unlessMissing(client.send(new sdk.GetEventSourceMappingCommand({ UUID: id })));
    if (found === undefined || found.State === "Deleting") return undefined;
    return live(id, {
      ...plainObject(found),
      Enabled: found.State === "Enabled" || found.State === "Creating" || found.State === "Enabling",
      FunctionName: sameFunction(found.FunctionArn ?? "", desired["FunctionName"]),
      Tags: desired["Tags"] ?? [],
    });
  },

  async create(tools, desired, subject) {
    const { sdk, client } = tools.lambda;
    const { Tags: tags, ...settings } = desired;
    const made = await client.send(
      new sdk.CreateEventSourceMappingCommand({
        ...input<CreateEventSourceMappingCommandInput>(settings),
        Tags: { ...tagsOf(tags), ...ownTags(subject) },
      }),
    );
    return live(made.UUID ?? "", desired);
  },

  async update(tools, before, desired, changed) {
    const { sdk, client } = tools.lambda;
    const members = defined(
      Object.fromEntries(CHANGEABLE.filter((key) => changed.has(key)).map((key) => [key, desired[key]])),
    );
    await settled(tools, before.physicalId);
    await client.send(
      new sdk.UpdateEventSourceMappingCommand({
        ...input<UpdateEventSourceMappingCommandInput>(members),
        UUID: before.physicalId,
      }),
    );
    return live(before.physicalId, desired);
  },

  async remove(tools, id) {
    const { sdk, client } = tools.lambda;
    await settled(tools, id);
    await unlessMissing(client.send(new sdk.DeleteEventSourceMappingCommand({ UUID: id })));
  },
};

/** AWS refuses to change one that is on its way to another state. */
async function settled({ lambda: { sdk, client }, signal }: Tools, id: string): Promise<void> {
  const deadline = Date.now() + READY_WAIT_MS;
  while (Date.now() < deadline) {
    const found = await unlessMissing(client.send(new sdk.GetEventSourceMappingCommand({ UUID: id })));
    if (found?.State === undefined || !/ing$/.test(found.State)) return;
    await wait(READY_POLL_MS, undefined, { signal });
  }
}

/** The server answers with an ARN whatever the template called the function by. */
function sameFunction(arn: string, wanted: JsonObject[string] | undefined): string {
  return typeof wanted === "string" && (arn === wanted || arn.endsWith(`:${wanted}`)) ? wanted : arn;
}

function live(id: string, properties: JsonObject): Live {
  return { physicalId: id, properties, attributes: { Ref: id, Id: id } };
}
