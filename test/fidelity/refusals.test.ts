/**
 * What AWS refuses, and its words: rows of condition, request, status, code and text. The casing of the message's member
 * and the presence of `Type` follow from the code, and are compared with every row.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, FUNCTIONS, functionInput, type House, openHouse, ROLE, settled } from "./support/house.ts";
import type { Request } from "./support/raw.ts";
import {
  CREATABLE_RUNTIMES,
  LIST_OF_RUNTIMES,
  NAME_PATTERN,
  NAME_PATTERN_WIDE,
  QUALIFIER_PATTERN,
} from "./support/texts.ts";

type Row = readonly [when: string, request: Request, status: number, code: string, text: string];

/** Codes whose model spells the member `Message`. The framework's own have no `Type`. */
const CAPITAL = new Set([
  "ResourceNotFoundException",
  "ServiceException",
  "AccessDeniedException",
  "RequestEntityTooLargeException",
]);
const FRAMEWORK = new Set(["ValidationException", "AccessDeniedException", "RequestEntityTooLargeException"]);
/** Texts that AWS sends without `Type`, though their code is modelled. */
const UNTYPED =
  /^(\$LATEST is not supported for an alias|Specified ReservedConcurrentExecutions for function decreases)/;

const P = FUNCTIONS;
const F = `arn:aws:lambda:us-east-1:${ACCOUNT}:function`;
const HERE = `${F}:here`;
const one = (path: string, value: string, constraint: string): string =>
  `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`;
const pattern = (text: string): string => `Member must satisfy regular expression pattern: ${text}`;
const longest = (length: number): string => `Member must have length less than or equal to ${length}`;
const long = (length: number): string => "a".repeat(length);
const missing = (suffix: string): string => `Function not found: ${F}:${suffix}`;
const MISMATCH = "The derived qualifier from the function name does not match the specified qualifier.";
const REVISION = (getter: string): string =>
  `The Revision Id provided does not match the latest Revision Id. Call the ${getter} API to retrieve the latest Revision Id`;
const NO_RESOURCE = "The resource you requested does not exist.";
const elsewhere = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:here`;
const UNREACHABLE = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')";
const VALIDATION = "ValidationException";
const PARAMETER = "InvalidParameterValueException";
const ABSENT = "ResourceNotFoundException";
const CONFLICT = "ResourceConflictException";
const STALE = "PreconditionFailedException";
const UUID = "00000000-0000-4000-8000-000000000000";

let house: House;
let code: unknown;
const input = (settings: object): object => ({
  FunctionName: "new",
  Runtime: "nodejs24.x",
  Handler: "index.handler",
  Role: ROLE,
  Code: code,
  ...settings,
});
const create = (settings: object): Request => ["POST", P, input(settings)];
const configure = (settings: object): Request => ["PUT", `${P}/here/configuration`, settings];
const alias = (settings: object): Request => [
  "POST",
  `${P}/here/aliases`,
  { Name: "new", FunctionVersion: "1", ...settings },
];
const permit = (settings: object, path = "here/policy"): Request => [
  "POST",
  `${P}/${path}`,
  { StatementId: "s1", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", ...settings },
];

before(async () => {
  house = await openHouse();
  const { send } = house;
  code = (await functionInput("here", { "index.mjs": "export const handler = async () => 1;" }))["Code"];
  await house.create("here", { "index.mjs": "export const handler = async () => 1;" });
  await house.create("other", { "index.mjs": "export const handler = async () => 2;" });
  for (const [round, description] of ["one", "two"].entries()) {
    await send("PUT", `${P}/here/configuration`, { Description: description });
    await settled(send, "here");
    const published = await send("POST", `${P}/here/versions`, {});
    assert.equal(published.json["Version"], String(round + 1));
  }
  await send("POST", `${P}/here/aliases`, { Name: "live", FunctionVersion: "1" });
  const added = await send(...permit({ StatementId: "taken" }));
  assert.equal(added.status, 201, added.text);
  for (let version = 1; version <= 2; version += 1) {
    const published = await send("POST", "/2018-10-31/layers/lay/versions", { Content: code });
    assert.equal(published.status, 201, published.text);
  }
});

after(() => house?.[Symbol.asyncDispose]());

const LAYER = `arn:aws:lambda:us-east-1:${ACCOUNT}:layer:lay`;
const LAYER_PATTERN =
  "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)";
const RESOURCE_PATTERN =
  "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|(capacity-provider|network-connector):[a-zA-Z0-9-_]{1,64})";
const ROLE_PATTERN = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
const nested = (...parts: string[]): string => `Member must satisfy constraint: [${parts.join(", ")}]`;
const weights = (printed: string, constraint: string): string =>
  one("routingConfig.additionalVersionWeights", printed, constraint);
const VALUES = `Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]`;
const KEYS = `Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, ${pattern("[0-9]+")}]`;
const TAGS = "/2017-03-31/tags";
const EVENT = "/2019-09-25/functions";
const CONCURRENCY = "/2017-10-31/functions";
const encoded = encodeURIComponent;

/** Rows are made when the test runs: their inputs hold code that `before` makes. */
const names = (): readonly Row[] => [
  [
    "a name has a character that none may have",
    ["GET", `${P}/${encoded("a!b")}`],
    400,
    VALIDATION,
    one("functionName", "a!b", pattern(NAME_PATTERN_WIDE)),
  ],
  [
    "a name has too many parts",
    ["GET", `${P}/a:b:c`],
    400,
    VALIDATION,
    one("functionName", "a:b:c", pattern(NAME_PATTERN_WIDE)),
  ],
  [
    "a partial $LATEST",
    ["GET", `${P}/${encoded("here:$LATES")}`],
    400,
    VALIDATION,
    one("functionName", "here:$LATES", pattern(NAME_PATTERN_WIDE)),
  ],
  [
    "a qualifier is too long",
    ["GET", `${P}/here?Qualifier=${long(129)}`],
    400,
    VALIDATION,
    one("qualifier", long(129), longest(128)),
  ],
  [
    "a qualifier has a bad character",
    ["GET", `${P}/here?Qualifier=a.b`],
    400,
    VALIDATION,
    one("qualifier", "a.b", pattern(QUALIFIER_PATTERN)),
  ],
  ["two qualifiers differ, the function missing", ["GET", `${P}/none:1?Qualifier=2`], 400, PARAMETER, MISMATCH],
  ["another region: get", ["GET", `${P}/${elsewhere}`], 404, ABSENT, UNREACHABLE],
  ["another region: delete", ["DELETE", `${P}/${elsewhere}`], 404, ABSENT, UNREACHABLE],
  ["another region: invoke", ["POST", `${P}/${elsewhere}/invocations`], 404, ABSENT, UNREACHABLE],
  ["another region: create", create({ FunctionName: elsewhere }), 404, ABSENT, UNREACHABLE],
  ["another region: concurrency", ["GET", `/2019-09-30/functions/${elsewhere}/concurrency`], 404, ABSENT, UNREACHABLE],
  [
    "another region: event invoke config",
    ["GET", `${EVENT}/${elsewhere}/event-invoke-config`],
    404,
    ABSENT,
    UNREACHABLE,
  ],
  ["get a missing function", ["GET", `${P}/none`], 404, ABSENT, missing("none")],
  ["get a missing function's version", ["GET", `${P}/none?Qualifier=1`], 404, ABSENT, missing("none:1")],
  ["get a missing version", ["GET", `${P}/here?Qualifier=9`], 404, ABSENT, missing("here:9")],
  ["get a missing alias", ["GET", `${P}/here:nope`], 404, ABSENT, missing("here:nope")],
  ["get $latest", ["GET", `${P}/here?Qualifier=$latest`], 404, ABSENT, missing("here:$latest")],
  ["get with a long name", ["GET", `${P}/${long(65)}`], 404, ABSENT, missing(long(65))],
  [
    "get an ARN without a name",
    ["GET", `${P}/arn:aws:lambda:us-east-1:${ACCOUNT}:function`],
    404,
    ABSENT,
    missing("function"),
  ],
  ["get a missing configuration", ["GET", `${P}/none/configuration`], 404, ABSENT, missing("none")],
  ["delete a missing function", ["DELETE", `${P}/none`], 404, ABSENT, missing("none")],
  ["delete a missing function's version", ["DELETE", `${P}/none?Qualifier=1`], 404, ABSENT, missing("none")],
  ["delete $latest of a missing function", ["DELETE", `${P}/none?Qualifier=$latest`], 404, ABSENT, missing("none")],
  [
    "delete $LATEST of a missing function",
    ["DELETE", `${P}/none?Qualifier=$LATEST`],
    400,
    PARAMETER,
    "$LATEST version cannot be deleted without deleting the function.",
  ],
  [
    "delete an alias as if it were a version",
    ["DELETE", `${P}/here?Qualifier=live`],
    400,
    PARAMETER,
    "Deletion of aliases is not currently supported.",
  ],
  [
    "list with a bad function version",
    ["GET", `${P}?FunctionVersion=invalid`],
    400,
    VALIDATION,
    one("functionVersion", "invalid", "Member must satisfy enum value set: [ALL]"),
  ],
  ["list the versions of a missing function", ["GET", `${P}/none/versions`], 404, ABSENT, missing("none")],
];

const functions = (): readonly Row[] => [
  [
    "a created name is too long",
    create({ FunctionName: long(65) }),
    400,
    PARAMETER,
    one("functionName", long(65), longest(64)),
  ],
  [
    "a created name is far too long",
    create({ FunctionName: long(141) }),
    400,
    VALIDATION,
    one("functionName", long(141), longest(140)),
  ],
  [
    "a created name has a dot",
    create({ FunctionName: "a.b" }),
    400,
    VALIDATION,
    one("functionName", "a.b", pattern(NAME_PATTERN)),
  ],
  [
    "create another account's function",
    create({ FunctionName: "arn:aws:lambda:us-east-1:111111111111:function:x" }),
    403,
    "AccessDeniedException",
    "",
  ],
  ["a function exists", create({ FunctionName: "here" }), 409, CONFLICT, "Function already exist: here"],
  ["the role is no ARN", create({ Role: "r1" }), 400, VALIDATION, one("role", "r1", pattern(ROLE_PATTERN))],
  [
    "create without a role",
    create({ Role: undefined }),
    400,
    VALIDATION,
    "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null",
  ],
  [
    "an unknown runtime",
    create({ Runtime: "cobol1" }),
    400,
    PARAMETER,
    `Value cobol1 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${CREATABLE_RUNTIMES}] or be a valid ARN`,
  ],
  [
    "update to an unknown runtime",
    configure({ Runtime: "cobol1" }),
    400,
    PARAMETER,
    `Value cobol1 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${CREATABLE_RUNTIMES}] or be a valid ARN`,
  ],
  ...["java8", "go1.x", "provided", "ruby2.7", "nodejs14.x", "nodejs12.x", "python3.7", "dotnetcore3.1"].map(
    (runtime): Row => [
      `the retired runtime ${runtime}`,
      create({ Runtime: runtime }),
      400,
      PARAMETER,
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    ],
  ),
  [
    "two architectures",
    create({ Architectures: ["x86_64", "arm64"] }),
    400,
    VALIDATION,
    one("architectures", "[x86_64, arm64]", longest(1)),
  ],
  [
    "an unknown architecture",
    create({ Architectures: ["X86_64"] }),
    400,
    VALIDATION,
    one(
      "architectures",
      "[X86_64]",
      nested("Member must satisfy enum value set: [x86_64, arm64]", "Member must not be null"),
    ),
  ],
  [
    "code is no zip",
    create({ Code: { ZipFile: Buffer.from("no zip").toString("base64") } }),
    400,
    PARAMETER,
    "Could not unzip uploaded file. Please check your file, then try to upload again.",
  ],
  [
    "too many bytes of variables",
    create({ Environment: { Variables: { AA: long(4096) } } }),
    400,
    PARAMETER,
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {"AA":"${long(4096)}"}`,
  ],
  [
    "reserved variables",
    create({ Environment: { Variables: { AWS_REGION: "x", LAMBDA_TASK_ROOT: "y" } } }),
    400,
    PARAMETER,
    "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT",
  ],
  [
    "the bucket is missing",
    create({ Code: { S3Bucket: "no-such-bucket", S3Key: "k" } }),
    400,
    PARAMETER,
    "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist",
  ],
  [
    "a malformed subnet",
    create({ VpcConfig: { SubnetIds: ["bad"], SecurityGroupIds: ["sg-1"] } }),
    400,
    VALIDATION,
    one(
      "vpcConfig.subnetIds",
      "[bad]",
      nested(longest(1024), "Member must have length greater than or equal to 0", pattern("subnet-[0-9a-z]*")),
    ),
  ],
  [
    "a malformed security group",
    create({ VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["bad"] } }),
    400,
    VALIDATION,
    one(
      "vpcConfig.securityGroupIds",
      "[bad]",
      nested(longest(1024), "Member must have length greater than or equal to 0", pattern("sg-[0-9a-zA-Z]*")),
    ),
  ],
  [
    "SnapStart for nothing known",
    create({ SnapStart: { ApplyOn: "Nothing" } }),
    400,
    VALIDATION,
    one("snapStart.applyOn", "Nothing", "Member must satisfy enum value set: [PublishedVersions, None]"),
  ],
  [
    "too much memory and no time",
    create({ MemorySize: 100, Timeout: 0 }),
    400,
    VALIDATION,
    "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '100' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
  ],
  [
    "51 tags",
    create({ Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) }),
    400,
    PARAMETER,
    "Number of tags exceeds resource tag limit.",
  ],
  [
    "six layers",
    create({ Layers: Array.from({ length: 6 }, (_, n) => `${LAYER}${n}:1`) }),
    400,
    PARAMETER,
    "Cannot reference more than 5 layers.",
  ],
  [
    "two versions of a layer",
    create({ Layers: [`${LAYER}:1`, `${LAYER}:2`] }),
    400,
    PARAMETER,
    `Two different versions of the same layer are not allowed to be referenced in the same function. ${LAYER}:1 and ${LAYER}:2 are versions of the same layer.`,
  ],
  [
    "a missing layer version",
    create({ Layers: [`${LAYER}:9`] }),
    400,
    PARAMETER,
    `Layer version ${LAYER}:9 does not exist.`,
  ],
  [
    "a layer without a version",
    create({ Layers: [LAYER] }),
    400,
    VALIDATION,
    one(
      "layers",
      `[${LAYER}]`,
      nested(
        longest(2048),
        "Member must have length greater than or equal to 1",
        pattern(LAYER_PATTERN),
        "Member must not be null",
      ),
    ),
  ],
  [
    "a layer of another region",
    create({ Layers: [`arn:aws:lambda:eu-west-1:${ACCOUNT}:layer:lay:1`] }),
    400,
    PARAMETER,
    "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
  ],
  ["configure a missing function", ["PUT", `${P}/none/configuration`, {}], 404, ABSENT, missing("none")],
  [
    "code for a missing function",
    ["PUT", `${P}/none/code`, { ZipFile: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" }],
    404,
    ABSENT,
    missing("none"),
  ],
  ["configure with an old revision", configure({ RevisionId: UUID }), 412, STALE, REVISION("GetFunction/GetAlias")],
  [
    "code with an old revision",
    ["PUT", `${P}/here/code`, { ZipFile: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", RevisionId: UUID }],
    412,
    STALE,
    REVISION("GetFunction/GetAlias"),
  ],
  [
    "an image for a function made of a zip",
    ["PUT", `${P}/here/code`, { ImageUri: "000000000000.dkr.ecr.us-east-1.amazonaws.com/x:1" }],
    400,
    PARAMETER,
    "Please don't provide ImageUri when updating a function with packageType Zip.",
  ],
  [
    "publish with an old revision",
    ["POST", `${P}/here/versions`, { RevisionId: UUID }],
    412,
    STALE,
    REVISION("GetFunction/GetAlias"),
  ],
  ["publish a missing function", ["POST", `${P}/none/versions`, {}], 404, ABSENT, missing("none")],
];

const aliases = (): readonly Row[] => [
  [
    "an alias named by a number",
    alias({ Name: "2024" }),
    400,
    VALIDATION,
    one("name", "2024", pattern("(?!^[0-9]+$)([a-zA-Z0-9-_]+)")),
  ],
  [
    "an alias of two more versions",
    alias({ RoutingConfig: { AdditionalVersionWeights: { 1: 0.1, 2: 0.1 } } }),
    400,
    PARAMETER,
    "Number of items in AdditionalVersionWeights cannot be greater than 1",
  ],
  [
    "a weight above one",
    alias({ RoutingConfig: { AdditionalVersionWeights: { 2: 2 } } }),
    400,
    VALIDATION,
    weights("{2=2.0}", VALUES),
  ],
  [
    "a weight below zero",
    alias({ RoutingConfig: { AdditionalVersionWeights: { 2: -0.5 } } }),
    400,
    VALIDATION,
    weights("{2=-0.5}", VALUES),
  ],
  [
    "$LATEST has a weight",
    alias({ RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } } }),
    400,
    VALIDATION,
    weights("{$LATEST=0.5}", KEYS),
  ],
  [
    "a weight for the alias's own version",
    alias({ RoutingConfig: { AdditionalVersionWeights: { 1: 0.5 } } }),
    400,
    PARAMETER,
    "Invalid function version 1. Function version 1 is already included in routing configuration.",
  ],
  [
    "$LATEST with routing",
    alias({ FunctionVersion: "$LATEST", RoutingConfig: { AdditionalVersionWeights: { 1: 0.5 } } }),
    400,
    PARAMETER,
    "$LATEST is not supported for an alias pointing to more than 1 version",
  ],
  ["an alias of a missing version", alias({ FunctionVersion: "10" }), 404, ABSENT, missing("here:10")],
  [
    "routing to a missing version",
    alias({ RoutingConfig: { AdditionalVersionWeights: { 10: 0.5 } } }),
    404,
    ABSENT,
    missing("here:10"),
  ],
  [
    "an alias of a missing function",
    ["POST", `${P}/none/aliases`, { Name: "a", FunctionVersion: "1" }],
    404,
    ABSENT,
    missing("none:1"),
  ],
  ["an alias exists", alias({ Name: "live" }), 409, CONFLICT, `Alias already exists: ${HERE}:live`],
  ["get a missing alias", ["GET", `${P}/here/aliases/nope`], 404, ABSENT, `Cannot find alias arn: ${HERE}:nope`],
  ["update a missing alias", ["PUT", `${P}/here/aliases/nope`, {}], 404, ABSENT, `Alias not found: ${HERE}:nope`],
  [
    "update an alias with an old revision",
    ["PUT", `${P}/here/aliases/live`, { RevisionId: UUID }],
    412,
    STALE,
    REVISION("GetFunction/GetAlias"),
  ],
  ["list the aliases of a missing function", ["GET", `${P}/none/aliases`], 404, ABSENT, missing("none")],
];

const policies = (): readonly Row[] => [
  [
    "a statement id with a dot",
    permit({ StatementId: "example.com" }),
    400,
    VALIDATION,
    one("statementId", "example.com", pattern("([a-zA-Z0-9-_]+)")),
  ],
  [
    "a permission for $LATEST",
    permit({}, "here/policy?Qualifier=$LATEST"),
    400,
    PARAMETER,
    "We currently do not support adding policies for $LATEST.",
  ],
  [
    "a principal that is none",
    permit({ Principal: "invalid" }),
    400,
    PARAMETER,
    "The provided principal was invalid. Please check the principal and try again.",
  ],
  [
    "a qualifier with a bad character",
    permit({}, "here/policy?Qualifier=a.b"),
    400,
    VALIDATION,
    one("qualifier", "a.b", pattern(QUALIFIER_PATTERN)),
  ],
  ["a qualifier with $ that is no version", permit({}, "here/policy?Qualifier=$x"), 404, ABSENT, missing("here:$x")],
  ["permit on a missing function", permit({}, "none/policy"), 404, ABSENT, missing("none")],
  ["permit on a missing version", permit({}, "here/policy?Qualifier=42"), 404, ABSENT, missing("here:42")],
  [
    "permit on a missing alias",
    permit({}, "here/policy?Qualifier=nope"),
    404,
    ABSENT,
    `Cannot find alias arn: ${HERE}:nope`,
  ],
  [
    "a statement id is taken",
    permit({ StatementId: "taken" }),
    409,
    CONFLICT,
    "The statement id (taken) provided already exists. Please provide a new statement id, or remove the existing statement.",
  ],
  ["permit with an old revision", permit({ RevisionId: UUID }), 412, STALE, REVISION("GetPolicy")],
  ["get the policy of a missing function", ["GET", `${P}/none/policy`], 404, ABSENT, NO_RESOURCE],
  ["get the policy of a missing version", ["GET", `${P}/here/policy?Qualifier=42`], 404, ABSENT, NO_RESOURCE],
  ["get a policy that is none", ["GET", `${P}/other/policy`], 404, ABSENT, NO_RESOURCE],
  [
    "remove a missing statement",
    ["DELETE", `${P}/here/policy/nope`],
    404,
    ABSENT,
    "Statement nope is not found in resource policy.",
  ],
  [
    "remove from no policy",
    ["DELETE", `${P}/other/policy/nope`],
    404,
    ABSENT,
    "No policy is associated with the given resource.",
  ],
  [
    "remove from a missing function",
    ["DELETE", `${P}/none/policy/nope`],
    404,
    ABSENT,
    `No policy found for: ${F}:none`,
  ],
  [
    "remove from a missing alias",
    ["DELETE", `${P}/here/policy/nope?Qualifier=nope`],
    404,
    ABSENT,
    `Cannot find alias arn: ${HERE}:nope`,
  ],
];

const tags = (): readonly Row[] => [
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
];

const layers = (): readonly Row[] => [
  [
    "a layer for an unknown runtime and architecture",
    [
      "POST",
      "/2018-10-31/layers/new/versions",
      { Content: code, CompatibleRuntimes: ["invalidruntime"], CompatibleArchitectures: ["invalidarch"] },
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

const SELF = { DestinationConfig: { OnSuccess: { Destination: HERE } } };
const asynchronous = (): readonly Row[] => [
  [
    "nothing to put for a missing function",
    ["PUT", `${EVENT}/none/event-invoke-config`, {}],
    400,
    PARAMETER,
    "You must specify at least one of error handling or destination setting.",
  ],
  [
    "put for a missing function",
    ["PUT", `${EVENT}/none/event-invoke-config`, { MaximumRetryAttempts: 1 }],
    404,
    ABSENT,
    "The function doesn't exist.",
  ],
  [
    "put for a missing alias",
    ["PUT", `${EVENT}/here/event-invoke-config?Qualifier=nope`, { MaximumRetryAttempts: 1 }],
    404,
    ABSENT,
    "The function doesn't exist.",
  ],
  [
    "list of a missing function",
    ["GET", `${EVENT}/none/event-invoke-config/list`],
    404,
    ABSENT,
    "The function doesn't exist.",
  ],
  [
    "get none",
    ["GET", `${EVENT}/here/event-invoke-config`],
    404,
    ABSENT,
    `The function ${HERE}:$LATEST doesn't have an EventInvokeConfig`,
  ],
  [
    "get none of an alias",
    ["GET", `${EVENT}/here/event-invoke-config?Qualifier=live`],
    404,
    ABSENT,
    `The function ${HERE}:live doesn't have an EventInvokeConfig`,
  ],
  [
    "delete none",
    ["DELETE", `${EVENT}/none/event-invoke-config`],
    404,
    ABSENT,
    `The function ${F}:none:$LATEST doesn't have an EventInvokeConfig`,
  ],
  [
    "update none",
    ["POST", `${EVENT}/here/event-invoke-config`, { MaximumRetryAttempts: 1 }],
    404,
    ABSENT,
    `The function ${HERE}:$LATEST doesn't have an EventInvokeConfig`,
  ],
  [
    "a missing destination",
    ["PUT", `${EVENT}/here/event-invoke-config`, { DestinationConfig: { OnFailure: { Destination: `${F}:none` } } }],
    400,
    PARAMETER,
    `The destination ARN ${F}:none is invalid.`,
  ],
  [
    "a function is its own destination",
    ["PUT", `${EVENT}/here/event-invoke-config`, SELF],
    400,
    PARAMETER,
    "You can't specify the function as a destination for itself.",
  ],
  [
    "a destination of a service that takes none",
    [
      "PUT",
      `${EVENT}/here/event-invoke-config`,
      { DestinationConfig: { OnSuccess: { Destination: "arn:aws:iam::000000000000:role/x" } } },
    ],
    400,
    PARAMETER,
    "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam::000000000000:role/x), onFailure=null) is invalid.",
  ],
  [
    "too many retries",
    ["PUT", `${EVENT}/here/event-invoke-config`, { MaximumRetryAttempts: 3 }],
    400,
    VALIDATION,
    one("maximumRetryAttempts", "3", "Member must have value less than or equal to 2"),
  ],
  [
    "qualifiers that differ",
    ["PUT", `${EVENT}/here:live/event-invoke-config?Qualifier=1`, { MaximumRetryAttempts: 1 }],
    400,
    PARAMETER,
    MISMATCH,
  ],
];

const concurrency = (): readonly Row[] => [
  [
    "reserve for a missing function",
    ["PUT", `${CONCURRENCY}/none/concurrency`, { ReservedConcurrentExecutions: 1 }],
    404,
    ABSENT,
    missing("none:$LATEST"),
  ],
  [
    "reserve for a version",
    ["PUT", `${CONCURRENCY}/here:1/concurrency`, { ReservedConcurrentExecutions: 1 }],
    400,
    PARAMETER,
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  ],
  [
    "reserve too much",
    ["PUT", `${CONCURRENCY}/here/concurrency`, { ReservedConcurrentExecutions: 901 }],
    400,
    PARAMETER,
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
  ],
];

const invocations = (): readonly Row[] => [
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
    ["POST", `${P}/here/invocations`, Buffer.from([0x7b, 0x22, 0x87])],
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
];

const TABLES = { names, functions, aliases, policies, tags, layers, asynchronous, concurrency, invocations };

for (const [table, rows] of Object.entries(TABLES)) {
  test(`${table}: every refusal has AWS's status, code and words`, async (t) => {
    for (const [when, request, status, name, text] of rows()) {
      await t.test(when, async () => {
        const answer = await house.send(...request);
        const typed = !FRAMEWORK.has(name) && !UNTYPED.test(text);
        assert.equal(answer.headers["x-amzn-errortype"], name, answer.text);
        assert.equal(answer.status, status);
        assert.deepEqual(answer.json, {
          ...(typed && { Type: "User" }),
          [CAPITAL.has(name) ? "Message" : "message"]: text,
        });
        assert.match(answer.headers["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/);
      });
    }
  });
}
