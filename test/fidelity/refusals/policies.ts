/** Resource policies. */

import type { Request } from "../support/raw.ts";
import {
  ABSENT,
  CONFLICT,
  elsewhere,
  encoded,
  F,
  HERE,
  missing,
  NO_RESOURCE,
  one,
  P,
  PARAMETER,
  pattern,
  permit,
  REVISION,
  type Row,
  STALE,
  UNREACHABLE,
  UUID,
  VALIDATION,
} from "../support/refusal.ts";
import { QUALIFIER_PATTERN } from "../support/texts.ts";

const POLICY_ARN =
  "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:function:[a-zA-Z0-9-_]+(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_])+)?";
const URL = "lambda:InvokeFunctionUrl";
const PUBLIC =
  "This policy could enable public access to your lambda function as it allows all Principals (*) to perform lambda:InvokeFunctionUrl action. You must specify lambda:FunctionUrlAuthType condition";

const whole = (arn: string): string => `/2026-07-09/resource-policy/${encoded(arn)}`;
const statement = (elements: object = {}): object => ({
  Effect: "Allow",
  Principal: { Service: "s3.amazonaws.com" },
  Action: "lambda:InvokeFunction",
  Resource: HERE,
  ...elements,
});
const put = (elements: object, arn = HERE, more: object = {}): Request => [
  "PUT",
  whole(arn),
  { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement(elements)] }), ...more },
];

export const policies: readonly Row[] = [
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
    "a principal with a wildcard",
    permit({ Principal: "arn:aws:iam::111122223333:user/*" }),
    400,
    PARAMETER,
    "The provided principal was invalid. Please check the principal and try again.",
  ],
  [
    "a host that is no service of AWS",
    permit({ Principal: "www.example.com" }),
    400,
    PARAMETER,
    "The provided principal was invalid. Please check the principal and try again.",
  ],
  [
    "a URL's authentication on an invocation",
    permit({ Principal: "*", FunctionUrlAuthType: "NONE" }),
    400,
    PARAMETER,
    "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
  ],
  ["a URL for everybody whatever its authentication", permit({ Principal: "*", Action: URL }), 400, PARAMETER, PUBLIC],
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

  ["put a policy on a missing function", put({}, `${F}:none`), 404, ABSENT, missing("none")],
  ["put a policy on a missing version", put({}, `${HERE}:42`), 404, ABSENT, missing("here:42")],
  ["put a policy on a missing alias", put({}, `${HERE}:nope`), 404, ABSENT, `Cannot find alias arn: ${HERE}:nope`],
  [
    "put a policy on $LATEST",
    put({}, `${HERE}:$LATEST`),
    400,
    PARAMETER,
    "We currently do not support adding policies for $LATEST.",
  ],
  ["put a policy on a name", put({}, "here"), 400, VALIDATION, one("resourceArn", "here", pattern(POLICY_ARN))],
  ["put a policy in another region", put({}, elsewhere), 404, ABSENT, UNREACHABLE],
  ["put a policy on an old revision", put({}, HERE, { RevisionId: UUID }), 412, STALE, REVISION("GetResourcePolicy")],
  ["put what is no JSON", ["PUT", whole(HERE), { Policy: "{" }], 400, PARAMETER, "This policy contains invalid Json"],
  ["put no principal", put({ Principal: undefined }), 400, PARAMETER, "Missing required field Principal"],
  [
    "put a URL for everybody whatever its authentication",
    put({ Principal: { AWS: "*" }, Action: ["lambda:GetFunction", "lambda:invokefunctionurl"] }),
    400,
    PARAMETER,
    PUBLIC,
  ],
  [
    "put a policy that is too long",
    put({ Sid: "é".repeat(10_200) }),
    400,
    "PolicyLengthExceededException",
    "The final policy size (20607) is bigger than the limit (20480).",
  ],
  ["get the whole policy of a missing function", ["GET", whole(`${F}:none`)], 404, ABSENT, NO_RESOURCE],
  ["get a whole policy that is none", ["GET", whole(`${F}:other`)], 404, ABSENT, NO_RESOURCE],
  ["delete the policy of a missing function", ["DELETE", whole(`${F}:none`)], 404, ABSENT, missing("none")],
  [
    "delete a policy that is none",
    ["DELETE", whole(`${F}:other`)],
    404,
    ABSENT,
    "No policy is associated with the given resource.",
  ],
  [
    "delete a policy by an old revision",
    ["DELETE", `${whole(HERE)}?RevisionId=${UUID}`],
    412,
    STALE,
    REVISION("GetResourcePolicy"),
  ],
];
