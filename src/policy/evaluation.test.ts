/** The decision table, first part: which kinds of policy must allow for whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "./index.ts";
import {
  ACCOUNT,
  allow,
  BOB,
  boundary,
  decisions,
  deny,
  type Elements,
  EVE,
  FEDERATED,
  FUNCTION,
  identity,
  OTHER,
  policy,
  ROLE_ARN,
  requestOf,
  resource,
  SESSION,
  SESSION_ARN,
  session,
} from "./testing/rows.ts";

const aws = (...names: string[]): Elements => ({ Principal: { AWS: names } });
const everyone = { Principal: "*" };
const bob = aws(`arn:aws:iam::${ACCOUNT}:user/bob`);
const account = aws(ACCOUNT);
const elsewhere = { Action: "s3:GetObject" };
const byBob = { by: BOB };
const bySession = { by: SESSION };
const byEve = { by: EVE };

decisions([
  // Identity policies alone.
  ["nothing allows nothing", {}, byBob, "0 identity"],
  ["an identity policy allows", identity(allow("a")), byBob, "+ identity.a"],
  ["an identity policy for another action does not", identity(allow("a", elsewhere)), byBob, "0 identity"],
  ["a denial wins over an allowance", identity(allow("a"), deny("d")), byBob, "- identity.d"],
  ["a denial wins in whatever order", identity(deny("d"), allow("a")), byBob, "- identity.d"],
  ["a denial of something else is none", identity(allow("a"), deny("d", elsewhere)), byBob, "+ identity.a"],
  ["every statement that allows is named", identity(allow("a"), allow("b")), byBob, "+ identity.a identity.b"],
  [
    "every statement that denies is named",
    identity(deny("a"), deny("b"), allow("c")),
    byBob,
    "- identity.a identity.b",
  ],
  [
    "several identity policies are one",
    { identity: [policy("identity", [allow("a", elsewhere)]), policy("identity", [allow("b")])] },
    byBob,
    "+ identity.b",
  ],
  [
    "a denial in one of several is enough",
    { identity: [policy("identity", [allow("a")]), policy("identity", [deny("d")])] },
    byBob,
    "- identity.d",
  ],
  ["a session uses its role's policies", identity(allow("a")), bySession, "+ identity.a"],

  // Resource policies within the account.
  ["a resource policy that names the user is enough", resource(allow("r", bob)), byBob, "+ resource.r"],
  ["one for everybody is enough", resource(allow("r", everyone)), byBob, "+ resource.r"],
  ["one for the account leaves it to identity policies", resource(allow("r", account)), byBob, "0 identity"],
  [
    "one for the account and an identity policy allow",
    [resource(allow("r", account)), identity(allow("a"))],
    byBob,
    "+ identity.a resource.r",
  ],
  [
    "an identity policy needs no resource policy",
    [identity(allow("a")), resource(allow("r", aws(OTHER)))],
    byBob,
    "+ identity.a",
  ],
  ["a resource policy's denial wins", [identity(allow("a")), resource(deny("r", bob))], byBob, "- resource.r"],
  [
    "a denial for the account is one for its users",
    [identity(allow("a")), resource(deny("r", account))],
    byBob,
    "- resource.r",
  ],
  [
    "an identity policy's denial wins over a resource policy",
    [identity(deny("d")), resource(allow("r", bob))],
    byBob,
    "- identity.d",
  ],
  ["a resource policy that names the role is enough", resource(allow("r", aws(ROLE_ARN))), bySession, "+ resource.r"],
  ["one that names the session is enough", resource(allow("r", aws(SESSION_ARN))), bySession, "+ resource.r"],
  ["one that names another session is not", resource(allow("r", aws(`${SESSION_ARN}2`))), bySession, "0 identity"],
  [
    "a role is named with its path",
    resource(allow("r", aws(`arn:aws:iam::${ACCOUNT}:role/worker`))),
    bySession,
    "0 identity",
  ],
  [
    "a role's denial is its sessions'",
    [identity(allow("a")), resource(deny("r", aws(ROLE_ARN)))],
    bySession,
    "- resource.r",
  ],
  [
    "names of users are case-sensitive",
    resource(allow("r", aws(`arn:aws:iam::${ACCOUNT}:user/Bob`))),
    byBob,
    "0 identity",
  ],
  [
    "the account's ARN is as good as its number",
    [resource(allow("r", aws(`arn:aws:iam::${ACCOUNT}:root`))), identity(allow("a"))],
    byBob,
    "+ identity.a resource.r",
  ],

  // Boundaries.
  ["a boundary alone allows nothing", boundary(allow("b")), byBob, "0 identity"],
  [
    "a boundary that allows lets through",
    [identity(allow("a")), boundary(allow("b"))],
    byBob,
    "+ identity.a boundary.b",
  ],
  [
    "a boundary that does not allow limits",
    [identity(allow("a")), boundary(allow("b", elsewhere))],
    byBob,
    "0 boundary",
  ],
  ["a boundary's denial wins", [identity(allow("a")), boundary(allow("b"), deny("d"))], byBob, "- boundary.d"],
  ["neither identity nor boundary", [identity(), boundary(allow("b", elsewhere))], byBob, "0 identity boundary"],
  [
    "a grant to the user passes its boundary",
    [resource(allow("r", bob)), boundary(allow("b", elsewhere))],
    byBob,
    "+ resource.r",
  ],
  [
    "a grant to the session passes its boundary",
    [resource(allow("r", aws(SESSION_ARN))), boundary(allow("b", elsewhere))],
    bySession,
    "+ resource.r",
  ],
  [
    "a grant to the role stays within its boundary",
    [resource(allow("r", aws(ROLE_ARN))), boundary(allow("b", elsewhere))],
    bySession,
    "0 boundary",
  ],
  [
    "a grant to the role that the boundary allows",
    [resource(allow("r", aws(ROLE_ARN))), boundary(allow("b"))],
    bySession,
    "+ resource.r boundary.b",
  ],
  [
    "a grant to the account stays within the boundary",
    [resource(allow("r", account)), identity(allow("a")), boundary(allow("b", elsewhere))],
    byBob,
    "0 boundary",
  ],
  [
    "a grant to everybody for the role's ARN passes its boundary",
    [
      resource(allow("r", { ...everyone, Condition: { ArnEquals: { "aws:PrincipalArn": ROLE_ARN } } })),
      boundary(allow("b", elsewhere)),
    ],
    bySession,
    "+ resource.r",
  ],
  [
    "a denial in a boundary wins over a grant to the user",
    [resource(allow("r", bob)), boundary(deny("d"))],
    byBob,
    "- boundary.d",
  ],

  // Session policies.
  ["a session policy alone allows nothing", session(allow("s")), bySession, "0 identity"],
  [
    "identity and session policy allow",
    [identity(allow("a")), session(allow("s"))],
    bySession,
    "+ identity.a session.s",
  ],
  ["a session policy limits", [identity(allow("a")), session(allow("s", elsewhere))], bySession, "0 session"],
  ["a session policy's denial wins", [identity(allow("a")), session(allow("s"), deny("d"))], bySession, "- session.d"],
  [
    "a grant to the session passes its session policy",
    [resource(allow("r", aws(SESSION_ARN))), session(allow("s", elsewhere))],
    bySession,
    "+ resource.r",
  ],
  [
    "a grant to the role stays within the session policy",
    [resource(allow("r", aws(ROLE_ARN))), session(allow("s", elsewhere))],
    bySession,
    "0 session",
  ],
  [
    "a grant to everybody passes the session policy",
    [resource(allow("r", everyone)), session(allow("s", elsewhere))],
    bySession,
    "+ resource.r",
  ],
  [
    "all limits at once",
    [identity(allow("a")), boundary(allow("b")), session(allow("s"))],
    bySession,
    "+ identity.a boundary.b session.s",
  ],
  ["a session policy that is empty allows nothing", [identity(allow("a")), { session: [] }], bySession, "0 session"],
  [
    "several session policies are one limit",
    [
      identity(allow("a")),
      { session: [policy("identity", [allow("s", elsewhere)]), policy("identity", [allow("t")])] },
    ],
    bySession,
    "+ identity.a session.t",
  ],

  // Federated users.
  [
    "a federated user is named by its session",
    [resource(allow("r", aws(`arn:aws:sts::${ACCOUNT}:federated-user/guest`))), session()],
    { by: FEDERATED },
    "+ resource.r",
  ],
  [
    "a grant to the user that federated stays within the session policy",
    [resource(allow("r", bob)), session()],
    { by: FEDERATED },
    "0 session",
  ],
  ["which may allow it", [resource(allow("r", bob)), session(allow("s"))], { by: FEDERATED }, "+ resource.r session.s"],

  // Across accounts.
  [
    "across accounts an identity policy is not enough",
    [identity(allow("a")), resource(allow("r", bob))],
    byEve,
    "0 resource",
  ],
  ["a resource policy is not enough either", resource(allow("r", aws(OTHER))), byEve, "0 identity"],
  ["both are", [identity(allow("a")), resource(allow("r", aws(OTHER)))], byEve, "+ identity.a resource.r"],
  [
    "both are when the user is named",
    [identity(allow("a")), resource(allow("r", aws(`arn:aws:iam::${OTHER}:user/eve`)))],
    byEve,
    "+ identity.a resource.r",
  ],
  [
    "naming the user does not replace its identity policy",
    resource(allow("r", aws(`arn:aws:iam::${OTHER}:user/eve`))),
    byEve,
    "0 identity",
  ],
  ["nor does everybody", resource(allow("r", everyone)), byEve, "0 identity"],
  ["neither of them", { resource: { policy: undefined, accountId: ACCOUNT } }, byEve, "0 identity resource"],
  [
    "a foreign boundary limits",
    [identity(allow("a")), resource(allow("r", everyone)), boundary(allow("b", elsewhere))],
    byEve,
    "0 boundary",
  ],
  ["a foreign denial wins", [identity(deny("d")), resource(allow("r", everyone))], byEve, "- identity.d"],
  [
    "the resource's denial wins",
    [identity(allow("a")), resource(allow("r", everyone), deny("x", aws(OTHER)))],
    byEve,
    "- resource.x",
  ],
  [
    "a resource without a policy is its account's own",
    [identity(allow("a")), { resource: { policy: undefined, accountId: ACCOUNT } }],
    byBob,
    "+ identity.a",
  ],
]);

test("a decision says in one sentence what decided, and which context keys it asked for in vain", () => {
  const condition = { Condition: { StringEquals: { "aws:ResourceTag/Team": "x", "aws:SourceVpc": "y" } } };
  const given = decide(requestOf({ context: { "aws:SourceVpc": "y" } }), identity(allow("a", condition)));
  assert.equal(given.reason, "no identity policy allows it");
  assert.deepEqual(given.missingContextKeys, ["aws:ResourceTag/Team"]);
  assert.equal(decide(requestOf({}), identity(allow("a"))).reason, "allowed by statement a of the identity policy");
  assert.equal(
    decide(requestOf({}), resource(deny("", { Principal: "*" }))).reason,
    "explicitly denied by statement 0 of the resource policy",
  );
  const elsewhere = decide(requestOf({ resource: `${FUNCTION}2` }), identity(allow("a", condition)));
  assert.deepEqual(elsewhere.missingContextKeys, [], "keys of statements about something else are not asked for");
});
