/** The decision table, fifth part: situations that AWS's documentation works through, and policies of the kind it shows. */
import {
  ACCOUNT,
  allow,
  BOB,
  boundary,
  decisions,
  deny,
  type Elements,
  EVE,
  identity,
  OTHER,
  ROLE_ARN,
  resource,
  SESSION,
} from "./testing/rows.ts";

const bucket = (name: string): string => `arn:aws:s3:::${name}`;
const on = (
  Action: string | readonly string[],
  Resource: string | readonly string[],
  more: Elements = {},
): Elements => ({
  Action,
  Resource,
  ...more,
});

// "Policy evaluation for requests within a single account": a user that may read, put into its own logs, and not delete there.
const logs = [bucket("bob-logs"), bucket("bob-logs/*")];
const reader = identity(
  allow("list", on(["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets"], "*")),
  allow("self", on("s3:*", logs)),
  deny(
    "logs",
    on("s3:*", "arn:aws:s3:::*log*/*", { Condition: { StringNotEquals: { "aws:ResourceTag/kind": "own" } } }),
  ),
);
const logsPolicy = resource(
  allow("bucket", on("s3:*", logs, { Principal: { AWS: BOB.arn } })),
  deny("deletion", on("s3:DeleteObject*", logs, { Principal: "*" })),
);

// "Example cross-account policy evaluation": a user of one account and the buckets of another.
const developer = identity(
  allow("list", on("s3:ListAllMyBuckets", "*")),
  allow("production", on("s3:*Object*", bucket("production/*"))),
  deny("logs", on("s3:*", ["arn:aws:s3:::*log*", "arn:aws:s3:::*log*/*"])),
);
const production = resource(
  allow(
    "objects",
    on(["s3:GetObject*", "s3:PutObject*"], bucket("production/*"), {
      Principal: { AWS: `arn:aws:iam::${OTHER}:user/eve` },
    }),
  ),
);
const foreign = { by: EVE };

// "Permissions boundaries for IAM entities": the boundary has what may be done, the identity policy something else.
const services = boundary(allow("services", on(["s3:*", "cloudwatch:*", "ec2:*"], "*")));

decisions([
  [
    "an object of the user's own logs may be put",
    [reader, logsPolicy],
    { action: "s3:PutObject", resource: logs[1] ?? "", context: { "aws:ResourceTag/kind": "own" } },
    "+ identity.self resource.bucket",
  ],
  [
    "other logs are denied although a policy would allow them",
    reader,
    { action: "s3:PutObject", resource: bucket("bob-logs/x") },
    "- identity.logs",
  ],
  [
    "what nobody allows is denied implicitly",
    reader,
    { action: "s3:PutObject", resource: bucket("photos/x") },
    "0 identity",
  ],
  [
    "a bucket's denial holds for those whom it names as well",
    [reader, logsPolicy],
    { action: "s3:DeleteObjectVersion", resource: bucket("bob-logs/x"), context: { "aws:ResourceTag/kind": "own" } },
    "- resource.deletion",
  ],
  [
    "across accounts both allow",
    [developer, production],
    { ...foreign, action: "s3:PutObject", resource: bucket("production/x") },
    "+ identity.production resource.objects",
  ],
  [
    "across accounts the bucket does not allow",
    [developer, production],
    { ...foreign, action: "s3:DeleteObject", resource: bucket("production/x") },
    "0 resource",
  ],
  [
    "across accounts the user is denied logs",
    [developer, production],
    { ...foreign, action: "s3:PutObject", resource: bucket("production-logs/x") },
    "- identity.logs",
  ],
  [
    "across accounts listing needs no bucket",
    developer,
    { ...foreign, action: "s3:ListAllMyBuckets", resource: "*" },
    "+ identity.list",
  ],
  ["a boundary gives nothing by itself", services, { action: "s3:GetObject", resource: bucket("b/x") }, "0 identity"],
  [
    "a policy outside of the boundary gives nothing",
    [services, identity(allow("iam", on("iam:CreateUser", "*")))],
    { action: "iam:CreateUser", resource: `arn:aws:iam::${ACCOUNT}:user/new` },
    "0 boundary",
  ],
  [
    "what both have is given",
    [services, identity(allow("s3", on("s3:*", "*")))],
    { action: "s3:GetObject", resource: bucket("b/x") },
    "+ identity.s3 boundary.services",
  ],
]);

const everything = allow("all", on("*", "*"));
const guarded = (sid: string, Condition: Elements, more: Elements = {}): ReturnType<typeof identity> =>
  identity(everything, deny(sid, on("*", "*", { Condition, ...more })));
const mfa = guarded("mfa", { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } });
const network = guarded("network", {
  NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8:1234::/48"] },
  Bool: { "aws:ViaAWSService": "false" },
});
const regions = guarded(
  "regions",
  { StringNotEquals: { "aws:RequestedRegion": ["eu-central-1", "eu-west-1"] } },
  { Action: undefined, NotAction: ["iam:*", "sts:*", "route53:*"] },
);
const June = identity(
  allow("june", {
    Condition: {
      DateGreaterThan: { "aws:CurrentTime": "2026-06-01T00:00:00Z" },
      DateLessThan: { "aws:CurrentTime": "2026-06-30T23:59:59Z" },
    },
  }),
);
const tagging = identity(
  allow(
    "tag",
    on("ec2:CreateTags", "*", {
      Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["env", "team"] }, Null: { "aws:TagKeys": "false" } },
    }),
  ),
);
const team = identity(
  allow("team", on("*", "*", { Condition: { StringEquals: { "aws:ResourceTag/team": `\${aws:PrincipalTag/team}` } } })),
);
const organisation = resource(
  allow("org", { Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } } }),
);
const deputy = resource(
  allow("bucket", {
    Principal: { Service: "s3.amazonaws.com" },
    Condition: {
      StringEquals: { "AWS:SourceAccount": ACCOUNT },
      ArnLike: { "AWS:SourceArn": "arn:aws:s3:::orders-*" },
    },
  }),
);
const byBucket = { by: { kind: "service", service: "s3.amazonaws.com" } } as const;
const onlyRole = resource(
  deny("others", { Principal: "*", Condition: { ArnNotEquals: { "aws:PrincipalArn": ROLE_ARN } } }),
);

decisions([
  [
    "with a second factor everything goes",
    mfa,
    { context: { "aws:MultiFactorAuthPresent": "true" } },
    "+ identity.all",
  ],
  ["without one nothing does", mfa, { context: { "aws:MultiFactorAuthPresent": "false" } }, "- identity.mfa"],
  ["nor by long-term keys, which say nothing of it", mfa, {}, "- identity.mfa"],
  [
    "from the network",
    network,
    { context: { "aws:SourceIp": "192.0.2.9", "aws:ViaAWSService": "false" } },
    "+ identity.all",
  ],
  [
    "from its IPv6",
    network,
    { context: { "aws:SourceIp": "2001:db8:1234:5::1", "aws:ViaAWSService": "false" } },
    "+ identity.all",
  ],
  [
    "from elsewhere",
    network,
    { context: { "aws:SourceIp": "198.51.100.9", "aws:ViaAWSService": "false" } },
    "- identity.network",
  ],
  [
    "through a service from elsewhere",
    network,
    { context: { "aws:SourceIp": "198.51.100.9", "aws:ViaAWSService": "true" } },
    "+ identity.all",
  ],
  ["in a region that is meant", regions, { context: { "aws:RequestedRegion": "eu-west-1" } }, "+ identity.all"],
  ["in another region", regions, { context: { "aws:RequestedRegion": "us-east-1" } }, "- identity.regions"],
  [
    "in another region with a service of all regions",
    regions,
    { action: "iam:GetRole", resource: "*", context: { "aws:RequestedRegion": "us-east-1" } },
    "+ identity.all",
  ],
  ["in June", June, { context: { "aws:CurrentTime": "2026-06-15T12:00:00Z" } }, "+ identity.june"],
  ["in July", June, { context: { "aws:CurrentTime": "2026-07-01T00:00:00Z" } }, "0 identity"],
  [
    "tags that are listed",
    tagging,
    { action: "ec2:CreateTags", resource: "*", context: { "aws:TagKeys": ["env", "team"] } },
    "+ identity.tag",
  ],
  [
    "a tag that is not",
    tagging,
    { action: "ec2:CreateTags", resource: "*", context: { "aws:TagKeys": ["env", "cost"] } },
    "0 identity",
  ],
  [
    "no tags, which the quantifier alone would take",
    tagging,
    { action: "ec2:CreateTags", resource: "*" },
    "0 identity",
  ],
  [
    "a resource of the same team",
    team,
    { context: { "aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "red" } },
    "+ identity.team",
  ],
  [
    "of another team",
    team,
    { context: { "aws:ResourceTag/team": "blue", "aws:PrincipalTag/team": "red" } },
    "0 identity",
  ],
  ["of no team", team, { context: { "aws:PrincipalTag/team": "red" } }, "0 identity"],
  [
    "somebody of the organisation",
    [organisation, identity(everything)],
    { by: EVE, context: { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } },
    "+ identity.all resource.org",
  ],
  [
    "somebody of another",
    [organisation, identity(everything)],
    { by: EVE, context: { "aws:PrincipalOrgID": "o-0000000000" } },
    "0 resource",
  ],
  ["somebody of none", [organisation, identity(everything)], { by: EVE }, "0 resource"],
  [
    "a service for a bucket that is meant",
    deputy,
    { ...byBucket, context: { "aws:SourceArn": "arn:aws:s3:::orders-1", "aws:SourceAccount": ACCOUNT } },
    "+ resource.bucket",
  ],
  [
    "for another bucket",
    deputy,
    { ...byBucket, context: { "aws:SourceArn": "arn:aws:s3:::other", "aws:SourceAccount": ACCOUNT } },
    "0 resource",
  ],
  [
    "for a bucket of another account",
    deputy,
    { ...byBucket, context: { "aws:SourceArn": "arn:aws:s3:::orders-1", "aws:SourceAccount": OTHER } },
    "0 resource",
  ],
  ["for nobody", deputy, byBucket, "0 resource"],
  ["all but a role are denied", [onlyRole, identity(allow("a"))], { by: BOB }, "- resource.others"],
  ["its sessions are not", [onlyRole, identity(allow("a"))], { by: SESSION }, "+ identity.a"],
]);
