/** The decision table, third part: every condition operator, with and without quantifier and IfExists. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "./index.ts";
import { allow, deny, identity, requestOf } from "./testing/rows.ts";

type Row = readonly [operator: string, wanted: unknown, given: string | readonly string[] | undefined, holds: boolean];

const MISSING = undefined;
const TOPIC = "arn:aws:sns:us-east-1:111122223333:t";

const rows: readonly Row[] = [
  ["StringEquals", "a", "a", true],
  ["StringEquals", "a", "A", false],
  ["StringEquals", "a*", "ab", false],
  ["StringEquals", "a*", "a*", true],
  ["StringEquals", ["a", "b"], "b", true],
  ["StringEquals", ["a", "b"], "c", false],
  ["StringEquals", "a", MISSING, false],
  ["StringEquals", [], "a", false],
  ["StringNotEquals", "a", "b", true],
  ["StringNotEquals", "a", "a", false],
  ["StringNotEquals", ["a", "b"], "b", false],
  ["StringNotEquals", ["a", "b"], "c", true],
  ["StringNotEquals", "a", MISSING, true],
  ["StringEqualsIgnoreCase", "Abc", "aBC", true],
  ["StringEqualsIgnoreCase", "Abc", "abd", false],
  ["StringNotEqualsIgnoreCase", "Abc", "aBC", false],
  ["StringNotEqualsIgnoreCase", "Abc", "x", true],
  ["StringLike", "a*c", "abbc", true],
  ["StringLike", "a?c", "abc", true],
  ["StringLike", "a?c", "abbc", false],
  ["StringLike", "a*", "A", false],
  ["StringLike", "*", "", true],
  ["StringNotLike", "a*", "b", true],
  ["StringNotLike", "a*", "ab", false],
  ["StringNotLike", "a*", MISSING, true],
  ["NumericEquals", "10", "10.0", true],
  ["NumericEquals", 10, "10", true],
  ["NumericEquals", "10", "11", false],
  ["NumericEquals", "10", "ten", false],
  ["NumericNotEquals", "10", "11", true],
  ["NumericNotEquals", "10", "10", false],
  ["NumericNotEquals", "10", MISSING, true],
  ["NumericLessThan", "10", "9", true],
  ["NumericLessThan", "10", "10", false],
  ["NumericLessThanEquals", "10", "10", true],
  ["NumericLessThanEquals", "10", "1e1", true],
  ["NumericLessThanEquals", "10", "11", false],
  ["NumericGreaterThan", "10", "11", true],
  ["NumericGreaterThan", "10", "10", false],
  ["NumericGreaterThan", "-2", "-1.5", true],
  ["NumericGreaterThanEquals", "10", "10", true],
  ["NumericGreaterThanEquals", "10", "9", false],
  ["DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", true],
  ["DateEquals", "2026-01-01T00:00:00Z", "1767225600", true],
  ["DateEquals", "1767225600", "2026-01-01T02:00:00+02:00", true],
  ["DateEquals", "2026-01-01", "2026-01-01T00:00:00.000Z", true],
  ["DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", false],
  ["DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", true],
  ["DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", false],
  ["DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", true],
  ["DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", false],
  ["DateLessThan", "2026-01-01T00:00:00Z", "yesterday", false],
  ["DateLessThan", "2026-01-01T00:00:00Z", MISSING, false],
  ["DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", true],
  ["DateGreaterThan", "2026-01-01T00:00:00Z", "1767225601", true],
  ["DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", false],
  ["DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", true],
  ["DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", false],
  ["Bool", "true", "true", true],
  ["Bool", true, "true", true],
  ["Bool", "True", "true", true],
  ["Bool", "true", "false", false],
  ["Bool", "false", MISSING, false],
  ["BinaryEquals", "QmluYXJ5", "QmluYXJ5", true],
  ["BinaryEquals", "QmluYXJ5", "QmluYXJ6", false],
  ["IpAddress", "203.0.113.0/24", "203.0.113.7", true],
  ["IpAddress", "203.0.113.0/24", "203.0.114.7", false],
  ["IpAddress", "203.0.113.7", "203.0.113.7", true],
  ["IpAddress", "203.0.113.7", "203.0.113.8", false],
  ["IpAddress", "0.0.0.0/0", "198.51.100.1", true],
  ["IpAddress", "2001:db8::/32", "2001:db8:1::1", true],
  ["IpAddress", "2001:db8::/32", "2001:db9::1", false],
  ["IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678:0:0:0:1", true],
  ["IpAddress", ["203.0.113.0/24", "2001:db8::/32"], "2001:db8::9", true],
  ["IpAddress", "203.0.113.0/24", "2001:db8::9", false],
  ["IpAddress", "203.0.113.0/24", "nowhere", false],
  ["NotIpAddress", "203.0.113.0/24", "198.51.100.1", true],
  ["NotIpAddress", "203.0.113.0/24", "203.0.113.7", false],
  ["NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1", false],
  ["NotIpAddress", "203.0.113.0/24", MISSING, true],
  ["ArnEquals", TOPIC, TOPIC, true],
  ["ArnEquals", "arn:aws:sns:*:111122223333:t", TOPIC, true],
  ["ArnLike", "arn:aws:sns:us-east-?:111122223333:*", TOPIC, true],
  ["ArnLike", "arn:aws:sns:*:t", TOPIC, false],
  ["ArnLike", "arn:aws:sns*:us-east-1:111122223333:t", TOPIC, true],
  ["ArnLike", "arn:aws:s*:111122223333:t", TOPIC, false],
  ["ArnLike", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/a:b/c", true],
  ["ArnLike", "arn:aws:sns:us-east-1:111122223333:T", TOPIC, false],
  ["ArnLike", "arn:aws:sns:us-east-1:111122223333:t", "t", false],
  ["ArnLike", "*", TOPIC, true],
  ["ArnNotEquals", TOPIC, `${TOPIC}2`, true],
  ["ArnNotEquals", TOPIC, TOPIC, false],
  ["ArnNotLike", "arn:aws:sns:*:*:t*", TOPIC, false],
  ["ArnNotLike", "arn:aws:sns:*:*:x*", TOPIC, true],
  ["ArnNotLike", "arn:aws:sns:*:*:x*", MISSING, true],
  ["Null", "true", MISSING, true],
  ["Null", "true", "x", false],
  ["Null", "false", "x", true],
  ["Null", false, MISSING, false],
  ["Null", "true", [], true],

  // IfExists asks only what is there.
  ["StringEqualsIfExists", "a", MISSING, true],
  ["StringEqualsIfExists", "a", "b", false],
  ["StringEqualsIfExists", "a", "a", true],
  ["StringNotEqualsIfExists", "a", MISSING, true],
  ["StringNotEqualsIfExists", "a", "a", false],
  ["NumericLessThanIfExists", "5", MISSING, true],
  ["DateGreaterThanIfExists", "2026-01-01", "2025-01-01", false],
  ["BoolIfExists", "true", MISSING, true],
  ["BoolIfExists", "true", "false", false],
  ["IpAddressIfExists", "203.0.113.0/24", MISSING, true],
  ["ArnLikeIfExists", "arn:aws:sns:*:*:*", MISSING, true],

  // Every value, and some value; no value at all is as good as an empty one.
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true],
  ["ForAllValues:StringEquals", ["a", "b"], ["a"], true],
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false],
  ["ForAllValues:StringEquals", ["a", "b"], MISSING, true],
  ["ForAllValues:StringEquals", ["a", "b"], "", true],
  ["ForAllValues:StringLike", ["a*"], ["ab", "ac"], true],
  ["ForAllValues:StringNotEquals", ["a"], ["b", "c"], true],
  ["ForAllValues:StringNotEquals", ["a"], ["a", "b"], false],
  ["ForAllValues:ArnLike", ["arn:aws:sns:*:*:*"], [TOPIC], true],
  ["ForAnyValue:StringEquals", ["a", "b"], ["b", "c"], true],
  ["ForAnyValue:StringEquals", ["a", "b"], ["c", "d"], false],
  ["ForAnyValue:StringEquals", ["a", "b"], MISSING, false],
  ["ForAnyValue:StringEquals", [""], "", false],
  ["ForAnyValue:StringNotEquals", ["a"], ["a", "b"], true],
  ["ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], false],
  ["ForAnyValue:StringNotEquals", ["a"], MISSING, false],
  ["ForAnyValue:StringLike", ["a*"], ["b", "ac"], true],
  ["ForAnyValue:StringEqualsIfExists", ["a"], MISSING, true],
  ["ForAllValues:StringEqualsIfExists", ["a"], MISSING, true],

  // Several values without a quantifier: one has to match, or none.
  ["StringEquals", "a", ["a", "b"], true],
  ["StringNotEquals", "a", ["a", "b"], false],

  // Names of operators are read in any case.
  ["stringequals", "a", "a", true],
  ["FORANYVALUE:STRINGLIKE", ["a*"], ["ab"], true],
];

for (const [operator, wanted, given, holds] of rows) {
  const asked = given === undefined ? "no value" : JSON.stringify(given);
  test(`${operator} ${JSON.stringify(wanted)} ${holds ? "holds" : "does not hold"} for ${asked}`, () => {
    const condition = { Condition: { [operator]: { "aws:Key": wanted } } };
    const request = requestOf({ context: given === undefined ? {} : { "aws:Key": given } });
    assert.equal(decide(request, identity(allow("a", condition))).allowed, holds);
    const denied = decide(request, identity(allow("a"), deny("d", condition)));
    assert.equal(denied.outcome, holds ? "explicitDeny" : "allowed");
  });
}

const both = { StringEquals: { "aws:A": "1", "aws:B": "2" }, Bool: { "aws:C": "true" } };

for (const [context, holds] of [
  [{ "aws:A": "1", "aws:B": "2", "aws:C": "true" }, true],
  [{ "aws:A": "1", "aws:B": "2" }, false],
  [{ "aws:A": "1", "aws:C": "true" }, false],
  [{ "AWS:a": "1", "aws:b": "2", "Aws:C": "true" }, true],
] as const) {
  test(`all operators and keys must hold, which ${holds ? "they do" : "they do not"} with ${Object.keys(context).join(", ")}`, () => {
    assert.equal(decide(requestOf({ context }), identity(allow("a", { Condition: both }))).allowed, holds);
  });
}

test("keys of the principal are known without being given, and those that are given win", () => {
  const condition = {
    StringEquals: { "aws:username": "bob", "aws:PrincipalType": "User", "aws:PrincipalAccount": "111122223333" },
    Bool: { "aws:PrincipalIsAWSService": "false" },
    ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/b*" },
  };
  const policies = identity(allow("a", { Condition: condition }));
  assert.equal(decide(requestOf({}), policies).allowed, true);
  assert.equal(decide(requestOf({ context: { "aws:username": "amy" } }), policies).allowed, false);
});
