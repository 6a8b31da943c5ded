/** Invocations that do not start. */
import { ABSENT, encoded, missing, one, P, PARAMETER, pattern, type Row, VALIDATION } from "../support/refusal.ts";
import { NAME_PATTERN_WIDE } from "../support/texts.ts";

export const invocations: readonly Row[] = [
  ["invoke a missing function", ["POST", `${P}/none/invocations`], 404, ABSENT, missing("none:$LATEST")],
  ["invoke a missing version", ["POST", `${P}/here/invocations?Qualifier=9`], 404, ABSENT, missing("here:9")],
  ["invoke a missing alias", ["POST", `${P}/here:nope/invocations`], 404, ABSENT, missing("here:nope")],
  ["invoke $latest", ["POST", `${P}/here/invocations?Qualifier=$latest`], 404, ABSENT, missing("here:$latest")],
  [
    "dry run of a missing function",
    ["POST", `${P}/none/invocations`, undefined, { "x-amz-invocation-type": "DryRun" }],
    404,
    ABSENT,
    missing("none:$LATEST"),
  ],
  [
    "an event for a missing function",
    ["POST", `${P}/none/invocations`, "{}", { "x-amz-invocation-type": "Event" }],
    404,
    ABSENT,
    missing("none:$LATEST"),
  ],
  [
    "a malformed name",
    ["POST", `${P}/${encoded("a!b")}/invocations`],
    400,
    VALIDATION,
    one("functionName", "a!b", pattern(NAME_PATTERN_WIDE)),
  ],
  [
    "a body that is no JSON",
    ["POST", `${P}/here/invocations`, Buffer.from([0x6e, 0x87, 0x72])],
    400,
    "InvalidRequestContentException",
    "Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 start byte 0x87\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 3]",
  ],
  [
    "an unknown invocation type",
    ["POST", `${P}/here/invocations`, undefined, { "x-amz-invocation-type": "Later" }],
    400,
    VALIDATION,
    one("invocationType", "Later", "Member must satisfy enum value set: [Event, RequestResponse, DryRun]"),
  ],
  [
    "a tenant, of a function that isolates none",
    ["POST", `${P}/here/invocations`, "{}", { "x-amz-tenant-id": "t" }],
    400,
    PARAMETER,
    "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.",
  ],
  [
    "a durable execution, which would not be durable",
    ["POST", `${P}/here/invocations`, "{}", { "x-amz-durable-execution-name": "d" }],
    400,
    PARAMETER,
    "Lambent does not run durable executions yet. Invoke without an execution name.",
  ],
];
