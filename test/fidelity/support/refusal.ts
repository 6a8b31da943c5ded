/** What the tables of refusals share: the form of a row, requests that are wrong in one place, and AWS's sentences. */
import { createHash } from "node:crypto";
import { ACCOUNT, FUNCTIONS, functionInput, ROLE } from "./house.ts";
import type { Request } from "./raw.ts";

export type Row = readonly [when: string, request: Request, status: number, code: string, text: string];

/** A function of one line. */
export const CODE: unknown = (await functionInput("here", { "index.mjs": "export const handler = async () => 1;" }))[
  "Code"
];

/** As AWS writes it of that code. */
export const CODE_SHA256: string = createHash("sha256")
  .update(Buffer.from(String(Object(CODE)["ZipFile"]), "base64"))
  .digest("base64");

export const P = FUNCTIONS;
export const F = `arn:aws:lambda:us-east-1:${ACCOUNT}:function`;
export const HERE = `${F}:here`;
export const one = (path: string, value: string, constraint: string): string =>
  `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`;
export const pattern = (text: string): string => `Member must satisfy regular expression pattern: ${text}`;
export const longest = (length: number): string => `Member must have length less than or equal to ${length}`;
export const long = (length: number): string => "a".repeat(length);
export const missing = (suffix: string): string => `Function not found: ${F}:${suffix}`;
export const MISMATCH = "The derived qualifier from the function name does not match the specified qualifier.";
export const REVISION = (getter: string): string =>
  `The Revision Id provided does not match the latest Revision Id. Call the ${getter} API to retrieve the latest Revision Id`;
export const NO_RESOURCE = "The resource you requested does not exist.";
export const elsewhere = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:here`;
export const UNREACHABLE = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')";
export const VALIDATION = "ValidationException";
export const PARAMETER = "InvalidParameterValueException";
export const ABSENT = "ResourceNotFoundException";
export const CONFLICT = "ResourceConflictException";
export const STALE = "PreconditionFailedException";
export const UUID = "00000000-0000-4000-8000-000000000000";

export const input = (settings: object): object => ({
  FunctionName: "new",
  Runtime: "nodejs24.x",
  Handler: "index.handler",
  Role: ROLE,
  Code: CODE,
  ...settings,
});
export const create = (settings: object): Request => ["POST", P, input(settings)];
export const configure = (settings: object): Request => ["PUT", `${P}/here/configuration`, settings];
export const alias = (settings: object): Request => [
  "POST",
  `${P}/here/aliases`,
  { Name: "new", FunctionVersion: "1", ...settings },
];
export const permit = (settings: object, path = "here/policy"): Request => [
  "POST",
  `${P}/${path}`,
  { StatementId: "s1", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", ...settings },
];

export const LAYER = `arn:aws:lambda:us-east-1:${ACCOUNT}:layer:lay`;
export const LAYER_PATTERN =
  "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)";
export const RESOURCE_PATTERN =
  "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|(capacity-provider|network-connector):[a-zA-Z0-9-_]{1,64})";
export const ROLE_PATTERN = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
export const nested = (...parts: string[]): string => `Member must satisfy constraint: [${parts.join(", ")}]`;
export const weights = (printed: string, constraint: string): string =>
  one("routingConfig.additionalVersionWeights", printed, constraint);
export const VALUES = `Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]`;
export const KEYS = `Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, ${pattern("[0-9]+")}]`;
export const TAGS = "/2017-03-31/tags";
export const EVENT = "/2019-09-25/functions";
export const CONCURRENCY = "/2017-10-31/functions";
export const encoded = encodeURIComponent;

export const SELF = { DestinationConfig: { OnSuccess: { Destination: HERE } } };
