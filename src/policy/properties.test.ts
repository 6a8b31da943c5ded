/** What holds of all policies and requests, tried with many of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ApplicablePolicies,
  decide,
  MalformedPolicy,
  type Policy,
  type PolicyKind,
  parsePolicy,
} from "./index.ts";
import {
  ACCOUNT,
  ANYONE,
  BOB,
  type Elements,
  EVE,
  ROLE_ARN,
  ROOT,
  requestOf,
  S3,
  SESSION,
  SESSION_ARN,
} from "./testing/rows.ts";

const effect = fc.constantFrom("Allow", "Deny");
const action = fc.constantFrom("*", "a:*", "a:x", "a:?", "b:*", "b:y*");
const arn = fc.constantFrom("*", "arn:aws:a:::x", "arn:aws:a:::*", "arn:aws:a:::?", `arn:aws:b:::\${aws:username}`);
const value = fc.constantFrom("1", "2", "1*", `\${aws:username}`, "bob");
const operator = fc.constantFrom(
  ...["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "Null", "NumericLessThan"],
  ...["ForAllValues:StringEquals", "ForAnyValue:StringNotEquals", "Bool"],
);
const condition = fc.option(
  fc.dictionary(
    operator,
    fc.dictionary(fc.constantFrom("aws:A", "aws:B"), fc.array(value, { maxLength: 2 }), { maxKeys: 2 }),
    { maxKeys: 2 },
  ),
  { nil: undefined },
);
const principal = fc.constantFrom<unknown>(
  "*",
  ...[ACCOUNT, BOB.arn, ROLE_ARN, SESSION_ARN, "444455556666"].map((name) => ({ AWS: name })),
  { Service: "s3.amazonaws.com" },
);
const allOrBut = <T>(name: string, values: fc.Arbitrary<T>): fc.Arbitrary<Elements> =>
  fc
    .tuple(fc.boolean(), fc.array(values, { minLength: 1, maxLength: 2 }))
    .map(([not, list]) => ({ [not ? `Not${name}` : name]: list }));

const statement = fc.tuple(effect, allOrBut("Action", action), allOrBut("Resource", arn), condition).map(
  ([Effect, ...[actions, resources, Condition]]): Elements => ({
    Effect,
    ...actions,
    ...resources,
    ...(Condition && { Condition }),
  }),
);
const statements = fc.array(statement, { maxLength: 4 });
const granted = fc.array(
  fc.tuple(statement, principal).map(([one, Principal]): Elements => ({ ...one, Principal })),
  { maxLength: 3 },
);

const asked = fc.record({
  by: fc.constantFrom(BOB, EVE, SESSION, ROOT, ANYONE, S3),
  action: fc.constantFrom("a:x", "a:xx", "b:y", "b:yes"),
  resource: fc.constantFrom("arn:aws:a:::x", "arn:aws:a:::xy", "arn:aws:b:::bob", "*"),
  context: fc.dictionary(
    fc.constantFrom("aws:a", "aws:b"),
    fc.array(fc.constantFrom("1", "2", "", "bob"), { maxLength: 2 }),
    { maxKeys: 2 },
  ),
});

const parsed = (kind: PolicyKind, list: readonly Elements[]): Policy | undefined =>
  list.length === 0 ? undefined : parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: list }), kind);
const listed = (list: readonly Elements[]): readonly Policy[] =>
  [parsed("identity", list)].filter((one) => one !== undefined);

const lists = fc.record({
  identity: statements,
  resource: granted,
  boundary: fc.option(statements),
  session: fc.option(statements),
});
type Lists = typeof lists extends fc.Arbitrary<infer T> ? T : never;

function policiesOf({ identity, resource, boundary, session }: Lists): ApplicablePolicies {
  return {
    identity: listed(identity),
    resource: { policy: parsed("resource", resource), accountId: ACCOUNT },
    boundary: boundary === null ? undefined : parsed("identity", boundary),
    session: session === null ? undefined : listed(session),
  };
}

test("one more denial, anywhere, never allows more", () => {
  const places = fc.constantFrom<keyof Lists>("identity", "resource", "boundary", "session");
  fc.assert(
    fc.property(lists, asked, statement, principal, places, (before, request, one, Principal, place) => {
      fc.pre(before[place] !== null && (before[place].length > 0 || place === "identity" || place === "resource"));
      const denial = { ...one, Effect: "Deny", ...(place === "resource" && { Principal }) };
      const after = { ...before, [place]: [...(before[place] ?? []), denial] };
      if (!decide(requestOf(request), policiesOf(before)).allowed) {
        assert.equal(decide(requestOf(request), policiesOf(after)).allowed, false);
      }
    }),
  );
});

test("one more allowance of the identity, or of the resource, never allows less", () => {
  fc.assert(
    fc.property(lists, asked, statement, principal, fc.boolean(), (before, request, one, Principal, atResource) => {
      const allowance = { ...one, Effect: "Allow" };
      const after = atResource
        ? { ...before, resource: [...before.resource, { ...allowance, Principal }] }
        : { ...before, identity: [...before.identity, allowance] };
      if (decide(requestOf(request), policiesOf(before)).allowed) {
        assert.equal(decide(requestOf(request), policiesOf(after)).allowed, true);
      }
    }),
  );
});

test("the order of statements does not matter", () => {
  fc.assert(
    fc.property(lists, asked, (before, request) => {
      const reversed = { ...before, identity: before.identity.toReversed(), resource: before.resource.toReversed() };
      const [one, other] = [before, reversed].map((each) => decide(requestOf(request), policiesOf(each)));
      assert.deepEqual([one?.outcome, one?.missing], [other?.outcome, other?.missing]);
    }),
  );
});

test("statements in one policy or in several decide the same", () => {
  fc.assert(
    fc.property(lists, asked, (before, request) => {
      const { identity: _, ...policies } = policiesOf(before);
      const apart = before.identity.flatMap((one) => listed([one]));
      assert.equal(
        decide(requestOf(request), { ...policies, identity: apart }).outcome,
        decide(requestOf(request), policiesOf(before)).outcome,
      );
    }),
  );
});

const kinds = fc.constantFrom<PolicyKind>("identity", "resource", "trust");

function refusesOrParses(text: string, kind: PolicyKind): void {
  try {
    const policy = parsePolicy(text, kind);
    decide(requestOf({}), { identity: [policy], resource: { policy, accountId: ACCOUNT } });
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
  }
}

test("any text and any JSON is parsed or refused as malformed, and never anything else", () => {
  fc.assert(fc.property(fc.string(), kinds, refusesOrParses));
  fc.assert(fc.property(fc.json(), kinds, refusesOrParses));
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.string(),
    fc.constantFrom("Allow", "*", "a:b", "arn:aws:s3:::${", "${a,'"),
  );
  const names = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "NotAction",
    "Resource",
    "Condition",
    "__proto__",
  ];
  const almost = fc.dictionary(fc.constantFrom(...names), anything);
  const document = fc.record({
    Version: fc.constantFrom("2012-10-17", "2008-10-17"),
    Statement: fc.oneof(almost, fc.array(almost)),
  });
  fc.assert(
    fc.property(document, kinds, (given, kind) => refusesOrParses(JSON.stringify(given), kind)),
    { numRuns: 500 },
  );
});

test("a hundred thousand brackets are refused like any other syntax error", () => {
  for (const text of ["[".repeat(100_000), `${'{"Statement":'.repeat(50_000)}1${"}".repeat(50_000)}`]) {
    assert.throws(() => parsePolicy(text, "identity"), {
      name: "MalformedPolicy",
      message: "Syntax errors in policy.",
    });
  }
});
