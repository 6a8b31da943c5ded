/** Which documents are refused, and with which of IAM's words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MalformedPolicy, type PolicyKind, parsePolicy } from "./index.ts";

type Row = readonly [when: string, document: unknown, message: string];

const BASE = { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::b" };
const SYNTAX = "Syntax errors in policy.";
const LEGACY = "The policy failed legacy parsing";
const VERSION = "Policy document must be version 2012-10-17 or greater.";
const ACTIONS = "Policy statement must contain actions.";
const RESOURCES = "Policy statement must contain resources.";
const VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const IAM_PATH =
  'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.';

const of = (...statements: unknown[]): object => ({ Version: "2012-10-17", Statement: statements });
const with_ = (elements: object): object => of({ ...BASE, ...elements });
const arn = (resource: unknown): object => with_({ Resource: resource });
const condition = (value: unknown): object => with_({ Condition: value });

const identity: readonly Row[] = [
  ["text that is no JSON", "{", SYNTAX],
  ["a list", [], SYNTAX],
  ["null", null, SYNTAX],
  ["nothing in it", {}, SYNTAX],
  ["an element that does not exist", { ...of(BASE), Extra: 1 }, SYNTAX],
  ["a version that does not exist", { ...of(BASE), Version: "2012-10-18" }, SYNTAX],
  ["no version", { Statement: BASE }, VERSION],
  ["the old version", { Version: "2008-10-17", Statement: BASE }, VERSION],
  ["an Id that is no text", { ...of(BASE), Id: 1 }, SYNTAX],
  ["no statement", { Version: "2012-10-17" }, SYNTAX],
  ["an empty list of statements", of(), SYNTAX],
  ["a statement that is text", of("x"), SYNTAX],
  ["a statement with an unknown element", with_({ Foo: 1 }), SYNTAX],
  ["no effect", with_({ Effect: undefined }), SYNTAX],
  ["an unknown effect", with_({ Effect: "Maybe" }), SYNTAX],
  ["an effect in the wrong case", with_({ Effect: "allow" }), LEGACY],
  ["a Sid that is no text", with_({ Sid: 1 }), SYNTAX],
  [
    "a Sid with a dash",
    with_({ Sid: "a-b" }),
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
  ],
  [
    "a Sid twice",
    of({ ...BASE, Sid: "a" }, { ...BASE, Sid: "a" }),
    "Statement IDs (SID) in a single policy must be unique.",
  ],
  ["a principal", with_({ Principal: "*" }), "Policy document should not specify a principal."],
  ["all but a principal", with_({ NotPrincipal: "*" }), "Policy document should not specify a principal."],
  ["no action", with_({ Action: undefined }), ACTIONS],
  ["an empty list of actions", with_({ Action: [] }), ACTIONS],
  ["an action that is no text", with_({ Action: 1 }), SYNTAX],
  ["actions and all but actions", with_({ NotAction: "s3:*" }), SYNTAX],
  ["an action without a vendor", with_({ Action: "ListBucket" }), VENDOR],
  ["an empty action", with_({ Action: "" }), VENDOR],
  ["an action with two colons", with_({ Action: "s3:List:Bucket" }), "Actions/Condition can contain only one colon."],
  ["a vendor with a space", with_({ NotAction: undefined, Action: "s 3:x" }), "Vendor s 3 is not valid"],
  ["no resource", with_({ Resource: undefined }), RESOURCES],
  ["an empty list of resources", arn([]), RESOURCES],
  ["a resource that is no text", arn({}), SYNTAX],
  ["resources and all but resources", with_({ NotResource: "*" }), SYNTAX],
  ["a resource that is no ARN", arn("mybucket"), 'Resource mybucket must be in ARN format or "*".'],
  ["the first of two in sorted order", arn(["b", "a"]), 'Resource a must be in ARN format or "*".'],
  [
    "a partition that does not exist",
    arn("arn:error:s3:::b"),
    'Partition "error" is not valid for resource "arn:error:s3:::b".',
  ],
  ["a short ARN of no partition", arn("arn:x"), 'Partition "x" is not valid for resource "arn:x:*:*:*:*".'],
  ["an ARN that ends early", arn("arn:aws"), "Resource vendor must be fully qualified and cannot contain regexes."],
  ["an ARN without a service", arn("arn:aws:"), LEGACY],
  [
    "an ARN of S3 with a region",
    arn("arn:aws:s3:us-east-1::b"),
    "Resource arn:aws:s3:us-east-1::b can not contain region information.",
  ],
  [
    "an ARN of IAM with a region",
    arn("arn:aws:iam:us-east-1:111122223333:user/a"),
    "IAM resource arn:aws:iam:us-east-1:111122223333:user/a cannot contain region information.",
  ],
  ["an ARN of IAM of no kind", arn("arn:aws:iam::111122223333:bob"), IAM_PATH],
  ["a condition that is text", condition("x"), SYNTAX],
  ["an operator with text", condition({ StringEquals: "x" }), SYNTAX],
  ["an unknown operator", condition({ StringSame: { "aws:a": "x" } }), SYNTAX],
  ["NullIfExists", condition({ NullIfExists: { "aws:a": "true" } }), SYNTAX],
  ["an unknown quantifier", condition({ "ForNoValue:StringEquals": { "aws:a": "x" } }), SYNTAX],
  ["a value that is an object", condition({ StringEquals: { "aws:a": {} } }), SYNTAX],
  ["a date that is none", condition({ DateEquals: { "aws:CurrentTime": "2026-13-01" } }), LEGACY],
  ["a range of addresses that is none", condition({ IpAddress: { "aws:SourceIp": "203.0.113.0/33" } }), LEGACY],
];

const USERS = "arn:aws:iam::111122223333:user/*";
const NO_JSON = "This policy contains invalid Json";
const NO_POLICY = "This text appears not to be a policy";
const TYPE = "Syntax error in policy.";
const granted = (elements: object): object => of({ ...BASE, Principal: "*", ...elements });

/** What is refused alike of resource policies and of trust policies, of which this is one statement that is taken. */
const common = (good: object): readonly Row[] => [
  ["text that is no JSON", "{", NO_JSON],
  ["no text", "", NO_JSON],
  ["a list", [], NO_JSON],
  ["null", "null", NO_POLICY],
  ["a number", "1", NO_POLICY],
  ["an element that does not exist", { ...of(good), statement: 1 }, "Unknown field statement"],
  ["an element of a statement that does not exist", of({ ...good, _comment: "x" }), "Unknown field _comment"],
  ["a version that does not exist", { ...of(good), Version: "2012" }, "The policy must contain a valid version string"],
  ["no statement", { Version: "2012-10-17" }, "Missing required field Statement"],
  ["an empty list of statements", of(), "Could not parse the policy: Statement is empty!"],
  ["a statement that is text", of("x"), TYPE],
  ["no effect", of({}), "Missing required field Effect"],
  ["an unknown effect", of({ ...good, Effect: "Maybe" }), "Invalid effect: Maybe"],
  ["an effect in the wrong case", of({ ...good, Effect: "allow" }), "Invalid effect: allow"],
  ["a Sid twice", of({ ...good, Sid: "a" }, { ...good, Sid: "a" }), "The Statement Ids in the policy are not unique"],
  ["no principal", of({ ...good, Principal: undefined }), "Missing required field Principal"],
  ["an empty principal", of({ ...good, Principal: {} }), "Missing required field Principal cannot be empty!"],
  ["an ARN with a star", of({ ...good, Principal: { AWS: USERS } }), `Invalid principal in policy: "AWS":"${USERS}"`],
  [
    "a service that is none",
    of({ ...good, Principal: { Service: "x" } }),
    'Invalid principal in policy: "SERVICE":"x"',
  ],
  [
    "a type that does not exist",
    of({ ...good, Principal: { Group: "a" } }),
    'Invalid principal in policy: "GROUP":"a"',
  ],
  ["a principal that is text", of({ ...good, Principal: "bob" }), TYPE],
  [
    "an allowance for all but some",
    of({ ...good, Principal: undefined, NotPrincipal: { AWS: "111122223333" } }),
    "Allow with NotPrincipal is not allowed.",
  ],
  [
    "Principal and NotPrincipal",
    of({ ...good, NotPrincipal: "*" }),
    "Statement/policy already has instance of Principal",
  ],
  ["no action", of({ ...good, Action: undefined }), "Missing required field Action"],
  ["an empty list of actions", of({ ...good, Action: [] }), "Missing required field Action cannot be empty!"],
  ["an unknown operator", of({ ...good, Condition: { Same: { "aws:a": "x" } } }), "Invalid Condition type : Same"],
];

const ASSUME = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };

const resource: readonly Row[] = [
  ...common({ ...BASE, Principal: "*" }),
  ["no resource", granted({ Resource: undefined }), "Missing required field Resource"],
  ["an empty list of resources", granted({ Resource: [] }), "Missing required field Resource cannot be empty!"],
  [
    "resources and all but resources",
    granted({ NotResource: "*" }),
    "Statement/policy already has instance of Resource",
  ],
];

const trust: readonly Row[] = [
  ...common(ASSUME),
  ["a resource", of({ ...ASSUME, Resource: "*" }), "Has prohibited field Resource"],
  ["all but a resource", of({ ...ASSUME, NotResource: "*" }), "AssumeRole policy must not contain resources."],
  [
    "a denial of all but a principal",
    of({ ...ASSUME, Effect: "Deny", Principal: undefined, NotPrincipal: { AWS: "111122223333" } }),
    "AssumeRole policy must not contain NotPrincipal field.",
  ],
  [
    "everybody as a star alone",
    of({ ...ASSUME, Principal: "*" }),
    'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
  ],
  [
    "another action",
    of({ ...ASSUME, Action: "s3:GetObject" }),
    "AssumeRole policy may only specify STS AssumeRole actions.",
  ],
];

for (const [kind, rows] of Object.entries({ identity, resource, trust })) {
  for (const [when, document, message] of rows) {
    test(`as ${kind} policy ${when} is refused`, () => {
      const text = typeof document === "string" ? document : JSON.stringify(document);
      const refused = (): unknown => parsePolicy(text, asKind(kind));
      assert.throws(refused, (error) => error instanceof MalformedPolicy && error.message === message, message);
    });
  }
}

function asKind(kind: string): PolicyKind {
  return kind === "trust" || kind === "resource" ? kind : "identity";
}

const good: readonly (readonly [kind: PolicyKind, document: object])[] = [
  ["identity", { Version: "2012-10-17", Id: "x", Statement: BASE }],
  ["identity", of({ ...BASE, Sid: "" }, { ...BASE, Sid: "" })],
  ["identity", arn(["arn:aws:logs:*:*:*", "arn:aws-cn:s3:::b", "arn:aws-us-gov:iam::111122223333:role/x", "*"])],
  ["identity", condition({ StringSame: {}, Bool: { "aws:SecureTransport": true } })],
  ["identity", condition({ DateLessThan: { "aws:CurrentTime": ["2026-06-30T23:59Z", "1767225600", "2026"] } })],
  ["identity", with_({ Action: ["s3:*", "*", "*:Get*"] })],
  ["resource", { Version: "2008-10-17", Statement: [{ ...BASE, Sid: "any id, as it is", Principal: "*" }] }],
  [
    "resource",
    with_({ Principal: { AWS: ["*", "111122223333", "arn:aws:iam::111122223333:root", "AIDACKCEVSQ6C2EXAMPLE"] } }),
  ],
  ["resource", with_({ Effect: "Deny", NotPrincipal: { Service: "s3.amazonaws.com" } })],
  ["trust", { Statement: ASSUME }],
  [
    "trust",
    of({
      ...ASSUME,
      Principal: { Federated: "accounts.google.com" },
      Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
    }),
  ],
];

test("whatever IAM takes is taken", () => {
  for (const [kind, document] of good) assert.equal(parsePolicy(JSON.stringify(document), kind).kind, kind);
});

test("a policy knows its id and every context key that it names, each once", () => {
  const document = of(
    {
      ...BASE,
      Resource: `arn:aws:s3:::b/\${aws:username}`,
      Condition: { StringLike: { "s3:prefix": `\${aws:PrincipalTag/x, 'y'}` } },
    },
    { ...BASE, Condition: { Bool: { "AWS:UserName": "true" } } },
  );
  const policy = parsePolicy(JSON.stringify({ ...document, Id: "own" }), "identity");
  assert.deepEqual(policy.contextKeys, ["aws:username", "s3:prefix", "aws:PrincipalTag/x"]);
  assert.equal(policy.id, "own");
  assert.equal(parsePolicy(JSON.stringify(document), "identity", { id: "given" }).id, "given");
});
