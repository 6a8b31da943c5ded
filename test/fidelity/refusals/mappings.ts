/** Event source mappings. `taken` and others of these sources are mapped before the tables are run. */
import { ACCOUNT } from "../support/house.ts";
import type { Request } from "../support/raw.ts";
import { ABSENT, CONFLICT, F, HERE, one, PARAMETER, type Row, UUID, VALIDATION } from "../support/refusal.ts";

export const MAPPINGS = "/2015-03-31/event-source-mappings";
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:taken`;
const STREAM = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/taken`;
const FREE = `arn:aws:sqs:us-east-1:${ACCOUNT}:free`;
const TABLE = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/t/stream/2025-11-25T10:00:00.123`;
const ACCESS = [{ Type: "BASIC_AUTH", URI: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:s` }];
const SERVERS = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["b1.example.com:9092", "b2.example.com:9092"] } };
const CLUSTER = { SelfManagedEventSource: SERVERS, Topics: ["taken"], SourceAccessConfigurations: ACCESS };
/** Mapped before the rows are compared; which UUID each got is left out of the comparison. */
export const MAPPED: readonly object[] = [
  { EventSourceArn: QUEUE },
  { EventSourceArn: STREAM, StartingPosition: "LATEST" },
  CLUSTER,
];
const TAKEN = `already exists. Please update or delete the existing mapping with UUID ${UUID}`;

const map = (settings: object): Request => ["POST", MAPPINGS, { FunctionName: "here", ...settings }];
const NO_RESOURCE = "The resource you requested does not exist.";
const unsupported = (member: string): string => `Unsupported ${member} parameter for given event source mapping type.`;

export const mappings: readonly Row[] = [
  ["get a missing mapping", ["GET", `${MAPPINGS}/${UUID}`], 404, ABSENT, NO_RESOURCE],
  ["update a missing mapping", ["PUT", `${MAPPINGS}/${UUID}`, { BatchSize: 1 }], 404, ABSENT, NO_RESOURCE],
  ["delete a missing mapping", ["DELETE", `${MAPPINGS}/${UUID}`], 404, ABSENT, NO_RESOURCE],
  ["map no source", map({}), 400, PARAMETER, "Unrecognized event source."],
  [
    "map what is no source",
    map({ EventSourceArn: "arn:aws:s3:::bucket" }),
    400,
    PARAMETER,
    "Unrecognized event source.",
  ],
  [
    "map a missing function",
    map({ FunctionName: "none", EventSourceArn: FREE }),
    400,
    PARAMETER,
    "Function does not exist",
  ],
  [
    "map a missing version",
    map({ FunctionName: `${HERE}:9`, EventSourceArn: FREE }),
    400,
    PARAMETER,
    "Function does not exist",
  ],
  [
    "map a queue with a destination",
    map({ EventSourceArn: FREE, DestinationConfig: { OnFailure: { Destination: QUEUE } } }),
    400,
    PARAMETER,
    unsupported("DestinationConfig"),
  ],
  [
    "map a stream with a destination for success",
    map({
      EventSourceArn: TABLE,
      StartingPosition: "LATEST",
      DestinationConfig: { OnSuccess: { Destination: QUEUE } },
    }),
    400,
    PARAMETER,
    unsupported("DestinationConfig"),
  ],
  [
    "map a queue with a stream's setting",
    map({ EventSourceArn: FREE, ParallelizationFactor: 2 }),
    400,
    PARAMETER,
    unsupported("ParallelizationFactor"),
  ],
  [
    "map a stream without a starting position",
    map({ EventSourceArn: TABLE }),
    400,
    PARAMETER,
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
  ],
  [
    "map a stream from nowhere",
    map({ EventSourceArn: TABLE, StartingPosition: "invalid" }),
    400,
    VALIDATION,
    one("startingPosition", "invalid", "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"),
  ],
  [
    "map a table's stream from a time",
    map({ EventSourceArn: TABLE, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 1_764_000_000 }),
    400,
    PARAMETER,
    `Unsupported starting position for arn type: ${TABLE}`,
  ],
  [
    "map a cluster without access",
    map({ SelfManagedEventSource: SERVERS, Topics: ["free"] }),
    400,
    PARAMETER,
    "Required 'sourceAccessConfigurations' parameter is missing.",
  ],
  [
    "map a queue in large batches at once",
    map({ EventSourceArn: FREE, BatchSize: 11 }),
    400,
    PARAMETER,
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  [
    "map a FIFO queue with a window",
    map({ EventSourceArn: `${FREE}.fifo`, MaximumBatchingWindowInSeconds: 1 }),
    400,
    PARAMETER,
    "Batching window is not supported for FIFO queues",
  ],
  ...["null", "[]", '{"a":"scalar"}', '{"a":[]}', "{"].map(
    (Pattern): Row => [
      `map with the filter ${Pattern}`,
      map({ EventSourceArn: FREE, FilterCriteria: { Filters: [{ Pattern }] } }),
      400,
      PARAMETER,
      "Invalid filter pattern definition.",
    ],
  ),
  [
    "map with too much concurrency",
    map({ EventSourceArn: FREE, ScalingConfig: { MaximumConcurrency: 1001 } }),
    400,
    VALIDATION,
    one("scalingConfig.maximumConcurrency", "1001", "Member must have value less than or equal to 1000"),
  ],
  [
    "map to a function of another region",
    map({ FunctionName: `${F.replace("us-east-1", "eu-west-1")}:here`, EventSourceArn: FREE }),
    404,
    ABSENT,
    "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
  ],
  [
    "map a queue twice",
    map({ EventSourceArn: QUEUE }),
    409,
    CONFLICT,
    `An event source mapping with SQS arn (" ${QUEUE} ") and function (" here ") ${TAKEN}`,
  ],
  [
    "map a stream twice",
    map({ EventSourceArn: STREAM, StartingPosition: "LATEST" }),
    409,
    CONFLICT,
    `The event source arn (" ${STREAM} ") and function (" here ") provided mapping ${TAKEN}`,
  ],
  [
    "map a cluster's topic twice",
    map(CLUSTER),
    409,
    CONFLICT,
    `An event source mapping with event source ("b1.example.com:9092,b2.example.com:9092"), function ("${HERE}"), topics ("taken") ${TAKEN}`,
  ],
];
