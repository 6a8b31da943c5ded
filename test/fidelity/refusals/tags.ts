/** Tags. */
import { ACCOUNT } from "../support/house.ts";
import {
  ABSENT,
  encoded,
  F,
  HERE,
  missing,
  one,
  PARAMETER,
  pattern,
  RESOURCE_PATTERN,
  type Row,
  TAGS,
  UUID,
  VALIDATION,
} from "../support/refusal.ts";

export const tags: readonly Row[] = [
  [
    "tags of something else",
    ["GET", `${TAGS}/${encoded("arn:aws:something")}`],
    400,
    VALIDATION,
    one("resource", "arn:aws:something", pattern(RESOURCE_PATTERN)),
  ],
  [
    "tags of a version",
    ["GET", `${TAGS}/${encoded(`${HERE}:1`)}`],
    400,
    PARAMETER,
    "Tags on function aliases and versions are not supported. Please specify a function ARN.",
  ],
  [
    "tags of $LATEST",
    ["GET", `${TAGS}/${encoded(`${HERE}:$LATEST`)}`],
    400,
    PARAMETER,
    "Tags on function aliases and versions are not supported. Please specify a function ARN.",
  ],
  ["tags of a missing function", ["GET", `${TAGS}/${encoded(`${F}:none`)}`], 404, ABSENT, missing("none")],
  [
    "tags of a missing mapping",
    ["GET", `${TAGS}/${encoded(`arn:aws:lambda:us-east-1:${ACCOUNT}:event-source-mapping:${UUID}`)}`],
    404,
    ABSENT,
    `Event source mapping not found: arn:aws:lambda:us-east-1:${ACCOUNT}:event-source-mapping:${UUID}`,
  ],
  [
    "tags of a missing capacity provider",
    ["GET", `${TAGS}/${encoded(`arn:aws:lambda:us-east-1:${ACCOUNT}:capacity-provider:c`)}`],
    404,
    ABSENT,
    `Capacity provider not found: arn:aws:lambda:us-east-1:${ACCOUNT}:capacity-provider:c`,
  ],
  [
    "untag without keys",
    ["DELETE", `${TAGS}/${encoded(HERE)}`],
    400,
    VALIDATION,
    "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
  ],
  [
    "no tags",
    ["POST", `${TAGS}/${encoded(HERE)}`, { Tags: {} }],
    400,
    PARAMETER,
    "An error occurred and the request cannot be processed.",
  ],
  [
    "51 tags in all",
    [
      "POST",
      `${TAGS}/${encoded(HERE)}`,
      { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) },
    ],
    400,
    PARAMETER,
    "Number of tags exceeds resource tag limit.",
  ],
];
