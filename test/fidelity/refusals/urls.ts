/** Function URLs and recursion. `other` has a URL, `here` has none. */

import type { Request } from "../support/raw.ts";
import {
  ABSENT,
  CONFLICT,
  F,
  longest,
  MISMATCH,
  NO_RESOURCE,
  one,
  PARAMETER,
  pattern,
  type Row,
  VALIDATION,
} from "../support/refusal.ts";

const P = "/2021-10-31/functions";
const NO_FUNCTION = "Function does not exist";
const ALIAS_PATTERN = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)";
const create = (name: string, settings: object = {}): Request => [
  "POST",
  `${P}/${name}`,
  { AuthType: "NONE", ...settings },
];
const notOf = (qualifier: string): string => one("qualifier", qualifier, pattern(ALIAS_PATTERN));

export const urls: readonly Row[] = [
  ["of a version", create("here/url?Qualifier=1"), 400, VALIDATION, notOf("1")],
  ["of $LATEST", create("here/url?Qualifier=$LATEST"), 400, VALIDATION, notOf("$LATEST")],
  ["get of a version", ["GET", `${P}/here/url?Qualifier=1`], 400, VALIDATION, notOf("1")],
  ["create for a missing function", create("none/url"), 404, ABSENT, NO_FUNCTION],
  ["create for a missing alias", create("here/url?Qualifier=nope"), 404, ABSENT, NO_FUNCTION],
  ["update for a missing function", ["PUT", `${P}/none/url`, { AuthType: "NONE" }], 404, ABSENT, NO_FUNCTION],
  ["list of a missing function", ["GET", `${P}/none/urls`], 404, ABSENT, NO_FUNCTION],
  ["get none", ["GET", `${P}/here/url`], 404, ABSENT, NO_RESOURCE],
  ["get of a missing function", ["GET", `${P}/none/url`], 404, ABSENT, NO_RESOURCE],
  ["get of a missing alias", ["GET", `${P}/here/url?Qualifier=nope`], 404, ABSENT, NO_RESOURCE],
  ["update none", ["PUT", `${P}/here/url`, { AuthType: "NONE" }], 404, ABSENT, NO_RESOURCE],
  ["delete none", ["DELETE", `${P}/here/url`], 404, ABSENT, NO_RESOURCE],
  ["delete of a missing function", ["DELETE", `${P}/none/url`], 404, ABSENT, NO_RESOURCE],
  [
    "a second one",
    create("other/url"),
    409,
    CONFLICT,
    `Failed to create function url config for [functionArn = ${F}:other]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  ],
  ["qualifiers that differ", create("here:live/url?Qualifier=ahead"), 400, PARAMETER, MISMATCH],
  [
    "an unknown mode",
    create("here/url", { InvokeMode: "UNKNOWN" }),
    400,
    VALIDATION,
    one("invokeMode", "UNKNOWN", "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"),
  ],
  [
    "preflights for too long",
    create("here/url", { Cors: { MaxAge: 86_401 } }),
    400,
    VALIDATION,
    one("cors.maxAge", "86401", "Member must have value less than or equal to 86400"),
  ],
  [
    "too many methods",
    create("here/url", { Cors: { AllowMethods: ["GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"] } }),
    400,
    VALIDATION,
    one("cors.allowMethods", "[GET, PUT, HEAD, POST, PATCH, DELETE, *]", longest(6)),
  ],
  [
    "a loop that is neither ended nor let run",
    ["PUT", "/2024-08-31/functions/here/recursion-config", { RecursiveLoop: "InvalidValue" }],
    400,
    VALIDATION,
    one("recursiveLoop", "InvalidValue", "Member must satisfy enum value set: [Terminate, Allow]"),
  ],
];
