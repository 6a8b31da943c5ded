/** Provisioned concurrency. Version 2 of `here` and its alias `live` have some; `tight` reserves one. */

import type { Request } from "../support/raw.ts";
import {
  ABSENT,
  CONCURRENCY,
  CONFLICT,
  F,
  HERE,
  MISMATCH,
  missing,
  one,
  PARAMETER,
  type Row,
  VALIDATION,
} from "../support/refusal.ts";

const P = "/2019-09-30/functions";
const NOT_PUBLISHED = "The function resource provided must be an alias or a published version.";
const at = (qualifier: string, name = "here"): string => `${P}/${name}/provisioned-concurrency?Qualifier=${qualifier}`;
const put = (qualifier: string, count: number, name?: string): Request => [
  "PUT",
  at(qualifier, name),
  { ProvisionedConcurrentExecutions: count },
];
const noAlias = (name: string): string => `Cannot find alias arn: ${F}:${name}`;

export const provisioned: readonly Row[] = [
  [
    "none of a version",
    ["GET", at("1")],
    404,
    "ProvisionedConcurrencyConfigNotFoundException",
    "No Provisioned Concurrency Config found for this function",
  ],
  ["get of a missing alias", ["GET", at("nope")], 404, ABSENT, noAlias("here:nope")],
  ["delete of a missing alias", ["DELETE", at("nope")], 404, ABSENT, noAlias("here:nope")],
  ["put on a missing alias", put("nope", 1), 404, ABSENT, noAlias("here:nope")],
  ["an alias of a missing function", ["GET", at("nope", "none")], 404, ABSENT, noAlias("none:nope")],
  ["a missing version", put("9", 1), 404, ABSENT, missing("here:9")],
  ["list of a missing function", ["GET", `${P}/none/provisioned-concurrency?List=ALL`], 404, ABSENT, missing("none")],
  ["get of $LATEST", ["GET", at("$LATEST")], 400, PARAMETER, NOT_PUBLISHED],
  ["delete of $LATEST", ["DELETE", at("$LATEST")], 400, PARAMETER, NOT_PUBLISHED],
  [
    "put on $LATEST",
    put("$LATEST", 1),
    400,
    PARAMETER,
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
  ],
  [
    "put nothing",
    put("1", 0),
    400,
    VALIDATION,
    one("provisionedConcurrentExecutions", "0", "Member must have value greater than or equal to 1"),
  ],
  ["qualifiers that differ", ["GET", at("1", "here:2")], 400, PARAMETER, MISMATCH],
  [
    "an alias of a version that has some",
    put("ahead", 1),
    409,
    CONFLICT,
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  ],
  [
    "a version whose alias has some",
    put("1", 1),
    409,
    CONFLICT,
    "Version is pointed by a Provisioned Concurrency alias",
  ],
  [
    "more than is unreserved",
    put("live", 1000),
    400,
    PARAMETER,
    "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [999].",
  ],
  [
    "too little left for others",
    put("live", 950),
    400,
    PARAMETER,
    "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
  ],
  [
    "more than is reserved",
    put("1", 2, "tight"),
    400,
    PARAMETER,
    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
  ],
  [
    "reserve less than is provisioned",
    ["PUT", `${CONCURRENCY}/here/concurrency`, { ReservedConcurrentExecutions: 1 }],
    400,
    PARAMETER,
    " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
  ],
  ["a full ARN of a missing alias", ["GET", at("nope", encodeURIComponent(HERE))], 404, ABSENT, noAlias("here:nope")],
];
