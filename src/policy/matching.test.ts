/** The decision table, fourth part: actions, resources, wildcards, variables, and what is excepted. */
import {
  ACCOUNT,
  allow,
  BOB,
  decisions,
  deny,
  type Elements,
  FUNCTION,
  identity,
  policy,
  type Row,
  SESSION,
} from "./testing/rows.ts";

type Match = readonly [pattern: string, text: string, matches: boolean];

const actions: readonly Match[] = [
  ["lambda:InvokeFunction", "lambda:invokefunction", true],
  ["LAMBDA:INVOKE*", "lambda:InvokeFunctionUrl", true],
  ["lambda:*", "lambda:GetFunction", true],
  ["*", "lambda:GetFunction", true],
  ["*:*", "lambda:GetFunction", true],
  ["lambda:Get?unction", "lambda:GetFunction", true],
  ["lambda:Get?unction", "lambda:GetFFunction", false],
  ["lambda:*Function", "lambda:GetFunctionUrl", false],
  ["lambda:*Function*Config", "lambda:GetFunctionUrlConfig", true],
  ["s3:*", "lambda:GetFunction", false],
  ["lambda:GetFunction", "lambda:GetFunctionConfiguration", false],
];

const arns: readonly Match[] = [
  ["*", FUNCTION, true],
  [FUNCTION, FUNCTION, true],
  [FUNCTION, `${FUNCTION}:1`, false],
  [`${FUNCTION}*`, `${FUNCTION}:1`, true],
  [`${FUNCTION}:*`, FUNCTION, false],
  [`${FUNCTION}:*`, `${FUNCTION}:live`, true],
  ["arn:aws:lambda:*:*:function:*", FUNCTION, true],
  ["arn:aws:lambda:us-east-?:*:function:?", FUNCTION, true],
  ["arn:aws:lambda:us-east-?:*:function:??", FUNCTION, false],
  ["arn:aws:lambda:*:function:f", FUNCTION, true],
  ["arn:aws:lambda:us-west-*", FUNCTION, false],
  [`arn:aws:lambda:us-east-1:${ACCOUNT}:function:F`, FUNCTION, false],
  ["arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", true],
  ["arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/a/b/test/c", true],
  ["arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/test/c", false],
  ["arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", false],
  ["arn:aws:s3:::*a*b", "arn:aws:s3:::xaybzb", true],
  ["arn:aws:s3:::a.b", "arn:aws:s3:::axb", false],
];

const says = (matches: boolean): "+ identity.a" | "0 identity" => (matches ? "+ identity.a" : "0 identity");

decisions(
  actions.map(
    ([pattern, action, matches]): Row => [
      `the action ${pattern} ${matches ? "is" : "is not"} ${action}`,
      identity(allow("a", { Action: pattern })),
      { action },
      says(matches),
    ],
  ),
);

decisions(
  arns.map(
    ([pattern, arn, matches]): Row => [
      `the resource ${pattern} ${matches ? "is" : "is not"} ${arn}`,
      identity(allow("a", { Action: "*", Resource: pattern })),
      { resource: arn },
      says(matches),
    ],
  ),
);

const home = { Action: "*", Resource: `arn:aws:s3:::home/\${aws:username}/*` };
const team = { Action: "*", Resource: `arn:aws:s3:::teams/\${aws:PrincipalTag/team, 'company-wide'}/*` };
const inHome = (key: string): { readonly resource: string } => ({ resource: `arn:aws:s3:::home/${key}` });
const inTeam = (key: string, context = {}): { readonly resource: string; readonly context: object } => ({
  resource: `arn:aws:s3:::teams/${key}`,
  context,
});
const tagged = { "aws:PrincipalTag/Team": "red" };
const owner = (operator: string): Elements => ({ Condition: { [operator]: { "s3:prefix": `\${aws:username}/*` } } });
const old = (
  elements: Elements,
): { readonly resource: { readonly policy: ReturnType<typeof policy>; readonly accountId: string } } => ({
  resource: {
    policy: policy("resource", [allow("r", { Principal: "*", ...elements })], "2008-10-17"),
    accountId: ACCOUNT,
  },
});

decisions([
  ["a list of actions", identity(allow("a", { Action: ["s3:*", "lambda:Invoke*"] })), {}, "+ identity.a"],
  ["NotAction is all other actions", identity(allow("a", { NotAction: "iam:*" })), {}, "+ identity.a"],
  ["NotAction excepts what it lists", identity(allow("a", { NotAction: ["iam:*", "lambda:*"] })), {}, "0 identity"],
  ["a denial of all but some actions", identity(allow("a"), deny("d", { NotAction: "s3:*" })), {}, "- identity.d"],
  ["which spares those", identity(allow("a"), deny("d", { NotAction: "lambda:*" })), {}, "+ identity.a"],
  ["NotResource is all other resources", identity(allow("a", { NotResource: `${FUNCTION}2` })), {}, "+ identity.a"],
  ["NotResource excepts what it lists", identity(allow("a", { NotResource: `${FUNCTION}*` })), {}, "0 identity"],
  [
    "a denial of all but some resources",
    identity(allow("a"), deny("d", { NotResource: `${FUNCTION}2` })),
    {},
    "- identity.d",
  ],
  [
    "an action without a resource is on everything",
    identity(allow("a", { Action: "*", Resource: "*" })),
    { resource: "*" },
    "+ identity.a",
  ],
  ["a policy for one resource does not allow what has none", identity(allow("a")), { resource: "*" }, "0 identity"],

  ["a user's own folder", identity(allow("a", home)), inHome("bob/x"), "+ identity.a"],
  ["not another's", identity(allow("a", home)), inHome("amy/x"), "0 identity"],
  ["a session has no user name", identity(allow("a", home)), { ...inHome("/x"), by: SESSION }, "0 identity"],
  [
    "a name with a star is no wildcard",
    identity(allow("a", home)),
    { ...inHome("amy/x"), context: { "aws:username": "*" } },
    "0 identity",
  ],
  [
    "a star in a name is a star",
    identity(allow("a", home)),
    { ...inHome("*/x"), context: { "aws:username": "*" } },
    "+ identity.a",
  ],
  [
    "a key with two values is no variable",
    identity(allow("a", home)),
    { ...inHome("bob/x"), context: { "aws:username": ["bob", "amy"] } },
    "0 identity",
  ],
  ["a tag as variable", identity(allow("a", team)), inTeam("red/x", tagged), "+ identity.a"],
  ["a default is for those without", identity(allow("a", team)), inTeam("company-wide/x"), "+ identity.a"],
  ["not for those with", identity(allow("a", team)), inTeam("company-wide/x", tagged), "0 identity"],
  [
    `\${*} is a star`,
    identity(allow("a", { Action: "*", Resource: `arn:aws:s3:::b/\${*}` })),
    { resource: "arn:aws:s3:::b/*" },
    "+ identity.a",
  ],
  [
    "and no wildcard",
    identity(allow("a", { Action: "*", Resource: `arn:aws:s3:::b/\${*}` })),
    { resource: "arn:aws:s3:::b/x" },
    "0 identity",
  ],
  [
    `\${?} is a question mark`,
    identity(allow("a", { Action: "*", Resource: `arn:aws:s3:::b/\${?}` })),
    { resource: "arn:aws:s3:::b/?" },
    "+ identity.a",
  ],
  [
    "and nothing else",
    identity(allow("a", { Action: "*", Resource: `arn:aws:s3:::b/\${?}` })),
    { resource: "arn:aws:s3:::b/x" },
    "0 identity",
  ],
  [
    `\${$} is a dollar sign`,
    identity(allow("a", { Action: "*", Resource: `arn:aws:s3:::b/\${$}{x}` })),
    { resource: `arn:aws:s3:::b/\${x}` },
    "+ identity.a",
  ],
  [
    "what is not closed is text",
    identity(allow("a", { Action: "*", Resource: "arn:aws:s3:::b/${aws:username" })),
    { resource: "arn:aws:s3:::b/${aws:username" },
    "+ identity.a",
  ],
  [
    "two variables",
    identity(allow("a", { Action: "*", Resource: `arn:aws:s3:::\${aws:PrincipalAccount}/\${aws:username}` })),
    { resource: `arn:aws:s3:::${ACCOUNT}/bob` },
    "+ identity.a",
  ],
  [
    "variables in conditions",
    identity(allow("a", owner("StringLike"))),
    { context: { "s3:prefix": "bob/x" } },
    "+ identity.a",
  ],
  [
    "which are compared exactly where wildcards do not exist",
    identity(allow("a", owner("StringEquals"))),
    { context: { "s3:prefix": "bob/x" } },
    "0 identity",
  ],
  [
    "a statement whose variable is missing does not apply",
    identity(allow("a", owner("StringNotLike"))),
    { by: SESSION, context: { "s3:prefix": "x" } },
    "0 identity",
  ],
  [
    "nor does a denial",
    identity(allow("a"), deny("d", owner("StringNotLike"))),
    { by: SESSION, context: { "s3:prefix": "x" } },
    "+ identity.a",
  ],
  [
    "nor all but a resource",
    identity(allow("a", { ...home, Resource: undefined, NotResource: home.Resource })),
    { by: SESSION },
    "0 identity",
  ],
  [
    "nor a negated ARN whose variable is missing",
    identity(allow("a", { Condition: { ArnNotLike: { "aws:SourceArn": `arn:aws:s3:::\${aws:username}` } } })),
    { by: SESSION, context: { "aws:SourceArn": "arn:aws:s3:::b" } },
    "0 identity",
  ],
  [
    "variables in ARNs of conditions",
    identity(
      allow("a", { Condition: { ArnLike: { "aws:SourceArn": `arn:aws:s3:::\${aws:PrincipalTag/x:y, 'b'}-*` } } }),
    ),
    { context: { "aws:SourceArn": "arn:aws:s3:::b-1" } },
    "+ identity.a",
  ],

  [
    "version 2008-10-17 has no variables",
    old({ Resource: `arn:aws:s3:::\${aws:username}` }),
    { resource: "arn:aws:s3:::bob" },
    "0 identity",
  ],
  [
    "but the text",
    old({ Resource: `arn:aws:s3:::\${aws:username}` }),
    { resource: `arn:aws:s3:::\${aws:username}` },
    "+ resource.r",
  ],
  [
    "and no escapes: a star stays a wildcard",
    old({ Resource: `arn:aws:s3:::\${*}` }),
    { resource: `arn:aws:s3:::\${x}` },
    "+ resource.r",
  ],
  [
    "in conditions neither",
    old({ Condition: { StringEquals: { "aws:Key": `\${aws:username}` } } }),
    { by: BOB, context: { "aws:Key": "bob" } },
    "0 identity",
  ],
]);
