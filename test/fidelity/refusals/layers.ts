/** Layers and their versions. */
import {
  ABSENT,
  CODE,
  encoded,
  LAYER,
  LAYER_PATTERN,
  NO_RESOURCE,
  nested,
  one,
  PARAMETER,
  pattern,
  type Row,
  VALIDATION,
} from "../support/refusal.ts";
import { LIST_OF_RUNTIMES } from "../support/texts.ts";

export const layers: readonly Row[] = [
  [
    "a layer for an unknown runtime and architecture",
    [
      "POST",
      "/2018-10-31/layers/new/versions",
      { Content: CODE, CompatibleRuntimes: ["invalidruntime"], CompatibleArchitectures: ["invalidarch"] },
    ],
    400,
    VALIDATION,
    `2 validation errors detected: Value '[invalidruntime]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: [${LIST_OF_RUNTIMES}]; Value '[invalidarch]' at 'compatibleArchitectures' failed to satisfy constraint: ${nested("Member must satisfy enum value set: [x86_64, arm64]", "Member must not be null")}`,
  ],
  [
    "list layers for an unknown architecture",
    ["GET", "/2018-10-31/layers?CompatibleArchitecture=x"],
    400,
    VALIDATION,
    one("compatibleArchitecture", "x", "Member must satisfy enum value set: [x86_64, arm64]"),
  ],
  ["a missing layer", ["GET", "/2018-10-31/layers/nope/versions/1"], 404, ABSENT, NO_RESOURCE],
  ["a missing layer version", ["GET", "/2018-10-31/layers/lay/versions/9"], 404, ABSENT, NO_RESOURCE],
  [
    "layer version zero",
    ["GET", "/2018-10-31/layers/lay/versions/0"],
    400,
    PARAMETER,
    "Layer Version Cannot be less than 1",
  ],
  [
    "delete layer version zero",
    ["DELETE", "/2018-10-31/layers/lay/versions/0"],
    400,
    PARAMETER,
    "Layer Version Cannot be less than 1",
  ],
  [
    "a layer by an ARN without version",
    ["GET", `/2018-10-31/layers?find=LayerVersion&Arn=${encoded(LAYER)}`],
    400,
    VALIDATION,
    one("arn", LAYER, pattern(LAYER_PATTERN)),
  ],
  [
    "a missing layer version by ARN",
    ["GET", `/2018-10-31/layers?find=LayerVersion&Arn=${encoded(`${LAYER}:9`)}`],
    404,
    ABSENT,
    NO_RESOURCE,
  ],
];
