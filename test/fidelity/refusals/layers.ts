/** Layers and their versions. */

import type { Request } from "../support/raw.ts";
import {
  ABSENT,
  CODE,
  CONFLICT,
  encoded,
  LAYER,
  LAYER_PATTERN,
  NO_RESOURCE,
  nested,
  one,
  PARAMETER,
  pattern,
  REVISION,
  type Row,
  STALE,
  UUID,
  VALIDATION,
} from "../support/refusal.ts";
import { LIST_OF_RUNTIMES } from "../support/texts.ts";

const LAYERS = "/2018-10-31/layers";
const PERMISSION = { StatementId: "s1", Action: "lambda:GetLayerVersion", Principal: "111122223333" };
const layerPermit = (settings: object, version = "1"): Request => [
  "POST",
  `${LAYERS}/lay/versions/${version}/policy`,
  { ...PERMISSION, ...settings },
];

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
  ["permit on a missing layer version", layerPermit({}, "9"), 404, ABSENT, `Layer version ${LAYER}:9 does not exist.`],
  [
    "permit another action on a layer",
    layerPermit({ Action: "*" }),
    400,
    VALIDATION,
    one("action", "*", pattern("lambda:GetLayerVersion")),
  ],
  ["permit on layer version zero", layerPermit({}, "0"), 400, PARAMETER, "Layer Version Cannot be less than 1"],
  [
    "permit on a layer that has no policy with a revision",
    ["POST", `${LAYERS}/lay/versions/2/policy?RevisionId=${UUID}`, PERMISSION],
    412,
    STALE,
    REVISION("GetLayerPolicy"),
  ],
  [
    "a layer's statement id is taken",
    layerPermit({ StatementId: "taken" }),
    409,
    CONFLICT,
    "The statement id (taken) provided already exists. Please provide a new statement id, or remove the existing statement.",
  ],
  [
    "get the policy of a missing layer version",
    ["GET", `${LAYERS}/lay/versions/9/policy`],
    404,
    ABSENT,
    `Layer version ${LAYER}:9 does not exist.`,
  ],
  [
    "get the policy of a layer version that has none",
    ["GET", `${LAYERS}/lay/versions/2/policy`],
    404,
    ABSENT,
    "No policy is associated with the given resource.",
  ],
  [
    "remove from a layer version without a policy",
    ["DELETE", `${LAYERS}/lay/versions/2/policy/nope`],
    404,
    ABSENT,
    "No policy is associated with the given resource.",
  ],
  [
    "remove a missing statement of a layer version",
    ["DELETE", `${LAYERS}/lay/versions/1/policy/nope`],
    404,
    ABSENT,
    "Statement nope is not found in resource policy.",
  ],
  [
    "remove from a missing layer version",
    ["DELETE", `${LAYERS}/lay/versions/9/policy/nope`],
    404,
    ABSENT,
    `Layer version ${LAYER}:9 does not exist.`,
  ],
  [
    "a missing layer version by ARN",
    ["GET", `/2018-10-31/layers?find=LayerVersion&Arn=${encoded(`${LAYER}:9`)}`],
    404,
    ABSENT,
    NO_RESOURCE,
  ],
];
