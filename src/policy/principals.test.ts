/** The decision table, second part: root users, services, strangers, everybody but some, and who may assume a role. */

import type { ApplicablePolicies } from "./index.ts";
import {
  ACCOUNT,
  ANYONE,
  allow,
  BOB,
  boundary,
  decisions,
  deny,
  type Elements,
  EVE,
  identity,
  OTHER,
  policy,
  ROLE_ARN,
  ROOT,
  resource,
  S3,
  SESSION,
  SESSION_ARN,
} from "./testing/rows.ts";

const BOB_ARN = BOB.arn;
const aws = (...names: string[]): Elements => ({ Principal: { AWS: names } });
const service = (...names: string[]): Elements => ({ Principal: { Service: names } });
const but = (principals: Elements): ApplicablePolicies => resource(deny("n", { NotPrincipal: principals }));
const may = identity(allow("a"));
const everyone = { Principal: "*" };
const account = aws(ACCOUNT);
const byBob = { by: BOB };
const bySession = { by: SESSION };

decisions([
  // Root users, services, strangers.
  ["the root user may do everything", {}, { by: ROOT }, "+"],
  ["no identity policy limits it", identity(deny("d")), { by: ROOT }, "+"],
  ["a resource policy's denial does", resource(deny("r", account)), { by: ROOT }, "- resource.r"],
  [
    "across accounts it needs the resource's policy",
    { resource: { policy: undefined, accountId: OTHER } },
    { by: ROOT },
    "0 resource",
  ],
  ["a service needs a resource policy", identity(allow("a")), { by: S3 }, "0 resource"],
  ["a service is named as one", resource(allow("r", service("s3.amazonaws.com"))), { by: S3 }, "+ resource.r"],
  ["any service", resource(allow("r", service("*"))), { by: S3 }, "+ resource.r"],
  ["any service is no user", resource(allow("r", service("*"))), byBob, "0 identity"],
  [
    "another service is not meant",
    resource(allow("r", { Principal: { Service: "sns.amazonaws.com" } })),
    { by: S3 },
    "0 resource",
  ],
  ["everybody includes services", resource(allow("r", everyone)), { by: S3 }, "+ resource.r"],
  ["an account does not", resource(allow("r", account)), { by: S3 }, "0 resource"],
  [
    "one of several services",
    resource(allow("r", { Principal: { Service: ["sns.amazonaws.com", "s3.amazonaws.com"] } })),
    { by: S3 },
    "+ resource.r",
  ],
  ["a stranger needs a grant to everybody", resource(allow("r", everyone)), { by: ANYONE }, "+ resource.r"],
  ["which may be written as AWS too", resource(allow("r", aws("*"))), { by: ANYONE }, "+ resource.r"],
  ["a stranger has no account", resource(allow("r", account)), { by: ANYONE }, "0 resource"],
  ["a stranger has no identity", identity(allow("a")), { by: ANYONE }, "0 resource"],
  [
    "a stranger is denied with everybody",
    resource(allow("r", everyone), deny("d", everyone)),
    { by: ANYONE },
    "- resource.d",
  ],
  [
    "an account is also known by its canonical user",
    [resource(allow("r", { Principal: { CanonicalUser: "79a59df9" } })), identity(allow("a"))],
    { by: { ...BOB, canonicalId: "79a59df9" } },
    "+ identity.a resource.r",
  ],

  // NotPrincipal.
  ["NotPrincipal denies all others", [may, but({ AWS: `arn:aws:iam::${ACCOUNT}:user/amy` })], byBob, "- resource.n"],
  [
    "whoever is listed with its account is spared",
    [identity(allow("a")), resource(deny("n", { NotPrincipal: { AWS: [BOB_ARN, ACCOUNT] } }))],
    byBob,
    "+ identity.a",
  ],
  ["without its account it is not", [may, but({ AWS: BOB_ARN })], byBob, "- resource.n"],
  [
    "a session needs its role and account beside it",
    [may, but({ AWS: [SESSION_ARN, ROLE_ARN, ACCOUNT] })],
    bySession,
    "+ identity.a",
  ],
  ["a session listed alone is denied", [may, but({ AWS: [SESSION_ARN] })], bySession, "- resource.n"],
  [
    "NotPrincipal always denies whoever has a boundary",
    [identity(allow("a")), boundary(allow("b")), resource(deny("n", { NotPrincipal: { AWS: [BOB_ARN, ACCOUNT] } }))],
    byBob,
    "- resource.n",
  ],
  [
    "NotPrincipal denies strangers",
    resource(allow("r", everyone), deny("n", { NotPrincipal: { AWS: ACCOUNT } })),
    { by: ANYONE },
    "- resource.n",
  ],
  [
    "NotPrincipal spares the service that it lists",
    resource(allow("r", everyone), deny("n", { NotPrincipal: { Service: "s3.amazonaws.com" } })),
    { by: S3 },
    "+ resource.r",
  ],
]);

const ROLE = { action: "sts:AssumeRole", resource: ROLE_ARN };
const trust = (principal: unknown, action = "sts:AssumeRole"): ApplicablePolicies => ({
  resource: {
    policy: policy("trust", [{ Sid: "t", Effect: "Allow", Principal: principal, Action: action }]),
    accountId: ACCOUNT,
  },
});
const mayAssume = identity(allow("a", { Action: "sts:AssumeRole", Resource: "*" }));
const PROVIDER = `arn:aws:iam::${ACCOUNT}:saml-provider/corp`;

decisions([
  ["a role is assumed by whom its trust policy names", trust({ AWS: BOB_ARN }), { ...ROLE, by: BOB }, "+ resource.t"],
  [
    "an identity policy alone assumes no role, not even of its account",
    [mayAssume, trust({ AWS: OTHER })],
    { ...ROLE, by: BOB },
    "0 resource",
  ],
  ["a trusted account still says who", trust({ AWS: ACCOUNT }), { ...ROLE, by: BOB }, "0 identity"],
  ["and its user may then", [mayAssume, trust({ AWS: ACCOUNT })], { ...ROLE, by: BOB }, "+ identity.a resource.t"],
  [
    "a trusted user of another account needs its own policy",
    trust({ AWS: `arn:aws:iam::${OTHER}:user/eve` }),
    { ...ROLE, by: EVE },
    "0 identity",
  ],
  [
    "a trusted service",
    trust({ Service: "lambda.amazonaws.com" }),
    { ...ROLE, by: { kind: "service", service: "lambda.amazonaws.com" } },
    "+ resource.t",
  ],
  ["a service that is not trusted", trust({ Service: "lambda.amazonaws.com" }), { ...ROLE, by: S3 }, "0 resource"],
  [
    "a trusted provider",
    trust({ Federated: PROVIDER }, "sts:AssumeRoleWithSAML"),
    { ...ROLE, action: "sts:AssumeRoleWithSAML", by: { kind: "federated", provider: PROVIDER } },
    "+ resource.t",
  ],
  [
    "another provider",
    trust({ Federated: "accounts.google.com" }, "sts:AssumeRoleWithWebIdentity"),
    { ...ROLE, action: "sts:AssumeRoleWithWebIdentity", by: { kind: "federated", provider: "graph.facebook.com" } },
    "0 resource",
  ],
]);
