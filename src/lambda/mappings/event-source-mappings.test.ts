/** Goal: CreateEventSourceMapping and its kin show AWS's defaults and states for every kind of source. Method: an SDK client. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { until } from "../../base/testing/until.ts";
import { ARN } from "../testing/harness.ts";
import { Served } from "../testing/served.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
const TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2025-11-25T10:00:00.123";
const CLUSTER = "arn:aws:kafka:us-east-1:000000000000:cluster/c/11111111-2222-3333-4444-555555555555-1";
const BROKER = "arn:aws:mq:us-east-1:000000000000:broker:b:b-11111111-2222-3333-4444-555555555555";
const DATABASE = "arn:aws:rds:us-east-1:000000000000:cluster:d";
const ACCESS = [{ Type: "BASIC_AUTH", URI: "arn:aws:secretsmanager:us-east-1:000000000000:secret:s" }] as const;
const SERVERS = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["b1.example.com:9092", "b2.example.com:9092"] } };

const STREAM_DEFAULTS = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  BisectBatchOnFunctionError: false,
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  ParallelizationFactor: 1,
  TumblingWindowInSeconds: 0,
  DestinationConfig: { OnFailure: {} },
  LastProcessingResult: "No records processed",
  StateTransitionReason: "User action",
};

/** Per kind: what is asked for, and what is shown besides the members of every mapping. `UUID` stands for the mapping's own. */
const KINDS: Readonly<Record<string, readonly [asked: Partial<CreateEventSourceMappingCommandInput>, shown: object]>> =
  {
    "an SQS queue": [
      { EventSourceArn: QUEUE },
      {
        EventSourceArn: QUEUE,
        BatchSize: 10,
        MaximumBatchingWindowInSeconds: 0,
        StateTransitionReason: "USER_INITIATED",
      },
    ],
    "a Kinesis stream": [
      { EventSourceArn: STREAM, StartingPosition: "LATEST" },
      { EventSourceArn: STREAM, StartingPosition: "LATEST", ...STREAM_DEFAULTS },
    ],
    "a DynamoDB stream": [
      { EventSourceArn: TABLE, StartingPosition: "TRIM_HORIZON", ParallelizationFactor: 2 },
      { EventSourceArn: TABLE, StartingPosition: "TRIM_HORIZON", ...STREAM_DEFAULTS, ParallelizationFactor: 2 },
    ],
    "an MSK cluster": [
      { EventSourceArn: CLUSTER, Topics: ["orders"] },
      {
        EventSourceArn: CLUSTER,
        Topics: ["orders"],
        BatchSize: 100,
        StartingPosition: "TRIM_HORIZON",
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "UUID" },
        LastProcessingResult: "No records processed",
        StateTransitionReason: "USER_INITIATED",
      },
    ],
    "a self-managed Kafka cluster": [
      { SelfManagedEventSource: SERVERS, Topics: ["orders"], SourceAccessConfigurations: [...ACCESS] },
      {
        SelfManagedEventSource: SERVERS,
        Topics: ["orders"],
        SourceAccessConfigurations: [...ACCESS],
        BatchSize: 100,
        StartingPosition: "TRIM_HORIZON",
        SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "UUID" },
        LastProcessingResult: "No records processed",
        StateTransitionReason: "USER_INITIATED",
      },
    ],
    "a message broker": [
      { EventSourceArn: BROKER, Queues: ["jobs"], SourceAccessConfigurations: [...ACCESS] },
      {
        EventSourceArn: BROKER,
        Queues: ["jobs"],
        SourceAccessConfigurations: [...ACCESS],
        BatchSize: 100,
        LastProcessingResult: "No records processed",
        StateTransitionReason: "USER_INITIATED",
      },
    ],
    "a DocumentDB cluster": [
      {
        EventSourceArn: DATABASE,
        StartingPosition: "LATEST",
        SourceAccessConfigurations: [...ACCESS],
        DocumentDBEventSourceConfig: { DatabaseName: "d" },
      },
      {
        EventSourceArn: DATABASE,
        StartingPosition: "LATEST",
        SourceAccessConfigurations: [...ACCESS],
        DocumentDBEventSourceConfig: { DatabaseName: "d", FullDocument: "Default" },
        BatchSize: 100,
        LastProcessingResult: "No records processed",
        StateTransitionReason: "USER_INITIATED",
      },
    ],
  };

async function open(): Promise<Served> {
  const server = await Served.open();
  await server.lambda.create("f", "export const handler = () => 1;");
  return server;
}

function inState(
  { client }: Served,
  UUID: string | undefined,
  state: string,
): Promise<EventSourceMappingConfiguration> {
  return until(`the mapping is ${state}`, async () => {
    const mapping = await client.send(new GetEventSourceMappingCommand({ UUID }));
    return mapping.State === state ? mapping : undefined;
  });
}

for (const [kind, [asked, shown]] of Object.entries(KINDS)) {
  test(`CreateEventSourceMapping of ${kind} shows AWS's defaults, becomes Enabled, and goes`, async () => {
    await using server = await open();
    const { client } = server;
    const { $metadata, ...created } = await client.send(
      new CreateEventSourceMappingCommand({ FunctionName: "f", ...asked }),
    );
    assert.equal($metadata.httpStatusCode, 202);
    const { UUID = "", LastModified } = created;
    assert.ok(LastModified instanceof Date);
    const expected = JSON.parse(JSON.stringify(shown).replaceAll('"UUID"', JSON.stringify(UUID)));
    assert.deepEqual(created, {
      ...expected,
      UUID,
      LastModified,
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`,
      FunctionArn: ARN("f"),
      FunctionResponseTypes: [],
      State: "Creating",
    });
    await inState(server, UUID, "Enabled");
    const deleted = await client.send(new DeleteEventSourceMappingCommand({ UUID }));
    assert.equal(deleted.State, "Deleting");
    await until("the mapping is gone", () =>
      client.send(new GetEventSourceMappingCommand({ UUID })).then(
        () => undefined,
        (error: Error) => error.message === "The resource you requested does not exist.",
      ),
    );
  });
}

test("UpdateEventSourceMapping shows its way to Disabled and back, and what it changes", async () => {
  await using server = await open();
  const { client } = server;
  const { UUID } = await client.send(
    new CreateEventSourceMappingCommand({ FunctionName: "f", EventSourceArn: QUEUE, Enabled: false }),
  );
  await inState(server, UUID, "Disabled");
  const update = (more: object) => client.send(new UpdateEventSourceMappingCommand({ UUID, ...more }));
  assert.equal((await update({ Enabled: true })).State, "Enabling");
  await inState(server, UUID, "Enabled");
  const pattern = { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] };
  const changed = await update({ BatchSize: 5, FilterCriteria: pattern, ScalingConfig: { MaximumConcurrency: 7 } });
  assert.deepEqual([changed.State, changed.BatchSize, changed.FilterCriteria], ["Updating", 5, pattern]);
  assert.deepEqual(changed.ScalingConfig, { MaximumConcurrency: 7 });
  await inState(server, UUID, "Enabled");
  const emptied = await update({ FilterCriteria: {}, ScalingConfig: {}, Enabled: false });
  assert.deepEqual([emptied.FilterCriteria, emptied.ScalingConfig, emptied.BatchSize], [undefined, undefined, 5]);
  assert.equal(emptied.State, "Disabling");
  await inState(server, UUID, "Disabled");
});

test("the function's qualifier is echoed, but $LATEST of a full ARN is dropped", async () => {
  await using server = await open();
  const { client } = server;
  await server.lambda.call("PublishVersion", { FunctionName: "f" });
  const named = async (FunctionName: string) => {
    const input = { FunctionName, EventSourceArn: `${QUEUE}-${FunctionName.length}` };
    return (await client.send(new CreateEventSourceMappingCommand(input))).FunctionArn;
  };
  assert.equal(await named("f:1"), `${ARN("f")}:1`);
  assert.equal(await named("f:$LATEST"), `${ARN("f")}:$LATEST`);
  assert.equal(await named(`${ARN("f")}:$LATEST`), ARN("f"));
  await assert.rejects(named("f:2"), { name: "InvalidParameterValueException", message: "Function does not exist" });
});

test("a source has one mapping per function, whoever asks first, and is free again after DeleteEventSourceMapping", async () => {
  await using server = await open();
  const { client } = server;
  const create = () => client.send(new CreateEventSourceMappingCommand({ FunctionName: "f", EventSourceArn: QUEUE }));
  const both = await Promise.allSettled([create(), create()]);
  const [made] = both.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const [lost] = both.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  assert.equal(lost.name, "ResourceConflictException");
  assert.equal(
    lost.message,
    `An event source mapping with SQS arn (" ${QUEUE} ") and function (" f ") already exists. Please update or delete the existing mapping with UUID ${made?.UUID}`,
  );
  await inState(server, made?.UUID, "Enabled");
  const busy = await Promise.allSettled(
    [1, 2].map(() => client.send(new DeleteEventSourceMappingCommand({ UUID: made?.UUID }))),
  );
  const [refused] = busy.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  assert.match(String(refused), /Cannot delete the event source mapping because it is in use\./);
  await until("the mapping is gone", () => server.lambda.room.mappings.all().length === 0);
  assert.equal((await create()).State, "Creating");
});

test("ListEventSourceMappings finds by source and function, in pages; DeleteFunction leaves mappings", async () => {
  await using server = await open();
  const { client } = server;
  await server.lambda.create("g", "export const handler = () => 1;");
  for (const [FunctionName, name] of [
    ["f", "a"],
    ["f", "b"],
    ["g", "a"],
  ] as const) {
    const EventSourceArn = `${QUEUE}-${name}`;
    const Tags = { name };
    await client.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn, Tags }));
  }
  const list = async (more: object) =>
    (await client.send(new ListEventSourceMappingsCommand(more))).EventSourceMappings?.length;
  assert.deepEqual([await list({ FunctionName: "f" }), await list({ EventSourceArn: `${QUEUE}-a` })], [2, 2]);
  await server.lambda.call("DeleteFunction", { FunctionName: "g" });
  const seen = [];
  for await (const page of paginateListEventSourceMappings({ client, pageSize: 1 }, {})) {
    seen.push(...(page.EventSourceMappings ?? []));
  }
  assert.equal(new Set(seen.map(({ UUID }) => UUID)).size, 3);
  const tags = await client.send(new ListTagsCommand({ Resource: seen[0]?.EventSourceMappingArn }));
  assert.equal(typeof tags.Tags?.["name"], "string");
});

test("whoever polls hears of mappings, and what it reports is shown", async () => {
  await using server = await open();
  const { lambda, client } = server;
  const heard: string[] = [];
  using _listening = lambda.room.mappings.onChange((_uuid, mapping) => void heard.push(mapping?.state ?? "gone"));
  const { UUID = "" } = await client.send(
    new CreateEventSourceMappingCommand({ FunctionName: "f", EventSourceArn: STREAM, StartingPosition: "LATEST" }),
  );
  await inState(server, UUID, "Enabled");
  const [mapping] = lambda.room.mappings.all();
  assert.ok(mapping);
  await lambda.room.mappings.report(mapping, { lastProcessingResult: "OK" });
  assert.equal((await client.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult, "OK");
  assert.deepEqual(heard, ["Creating", "Enabled", "Enabled"]);
});

test("a mapping that a killed server left Creating becomes Enabled after the next start", async () => {
  await using server = await open();
  const { lambda } = server;
  const { UUID = "" } = await lambda.call("CreateEventSourceMapping", { FunctionName: "f", EventSourceArn: QUEUE });
  const key = `lambda/event-source-mappings/000000000000/us-east-1/${UUID}`;
  const stored = await until("the mapping is settled", async () => {
    const entry = await lambda.store.records.get(key);
    return entry && JSON.stringify(entry.value).includes('"Enabled"') ? entry : undefined;
  });
  await lambda.store.records.put(key, Object.assign({}, stored.value, { state: "Creating" }));
  await lambda.restart();
  await until("the mapping is enabled", async () => {
    return (await lambda.call("GetEventSourceMapping", { UUID })).State === "Enabled";
  });
});
