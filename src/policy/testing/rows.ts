/**
 * The form of the decision table: who asks for what, which policies apply, what is decided and why. A table is a list of
 * rows, each its own test.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ApplicablePolicies,
  decide,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  parsePolicy,
  type RequestPrincipal,
} from "../index.ts";

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";

export const BOB: Extract<RequestPrincipal, { kind: "user" }> = {
  kind: "user",
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/bob`,
};
export const EVE: RequestPrincipal = { kind: "user", accountId: OTHER, arn: `arn:aws:iam::${OTHER}:user/eve` };
export const ROOT: RequestPrincipal = { kind: "root", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` };
export const ROLE_ARN: string = `arn:aws:iam::${ACCOUNT}:role/path/worker`;
export const SESSION_ARN: string = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/s1`;
export const SESSION: RequestPrincipal = {
  kind: "assumed-role",
  accountId: ACCOUNT,
  arn: SESSION_ARN,
  roleArn: ROLE_ARN,
};
export const FEDERATED: RequestPrincipal = {
  kind: "federated-user",
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/guest`,
  userArn: `arn:aws:iam::${ACCOUNT}:user/bob`,
};
export const ANYONE: RequestPrincipal = { kind: "anonymous" };
export const S3: RequestPrincipal = { kind: "service", service: "s3.amazonaws.com" };

export const FUNCTION: string = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
export const INVOKE = "lambda:InvokeFunction";

export type Elements = Readonly<Record<string, unknown>>;

/** A statement with this Sid; what is not said is "invoke the function f". */
export const allow = (sid: string, elements: Elements = {}): Elements => statement("Allow", sid, elements);
export const deny = (sid: string, elements: Elements = {}): Elements => statement("Deny", sid, elements);

function statement(effect: string, sid: string, elements: Elements): Elements {
  const action = "Action" in elements || "NotAction" in elements ? {} : { Action: INVOKE };
  const resource = "Resource" in elements || "NotResource" in elements ? {} : { Resource: FUNCTION };
  return { Sid: sid, Effect: effect, ...action, ...resource, ...elements };
}

export function policy(kind: PolicyKind, statements: readonly Elements[], version = "2012-10-17"): Policy {
  return parsePolicy(JSON.stringify({ Version: version, Statement: statements }), kind);
}

export const identity = (...statements: Elements[]): ApplicablePolicies => ({
  identity: statements.length === 0 ? [] : [policy("identity", statements)],
});
export const boundary = (...statements: Elements[]): ApplicablePolicies => ({
  boundary: policy("identity", statements),
});
export const session = (...statements: Elements[]): ApplicablePolicies => ({
  session: statements.length === 0 ? [] : [policy("identity", statements)],
});
/** The resource belongs to ACCOUNT. */
export const resource = (...statements: Elements[]): ApplicablePolicies => ({
  resource: { policy: policy("resource", statements), accountId: ACCOUNT },
});

export interface Asked {
  readonly by?: RequestPrincipal;
  readonly action?: string;
  readonly resource?: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** `+` allowed, `-` explicitly denied, `0` implicitly denied, then the Sids that decided or what is missing. */
export type Expected = `${"+" | "-" | "0"}${string}`;

export type Row = readonly [
  when: string,
  policies: ApplicablePolicies | readonly ApplicablePolicies[],
  asked: Asked,
  expected: Expected,
];

export function requestOf({ by = BOB, action = INVOKE, resource: arn = FUNCTION, context = {} }: Asked): PolicyRequest {
  const values = Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()] as const);
  return { principal: by, action, resource: arn, context: new Map(values) };
}

/** Each row as a test. */
export function decisions(rows: readonly Row[]): void {
  for (const [when, policies, asked, expected] of rows) {
    test(when, () => assert.equal(answer(asked, policies), expected));
  }
}

function answer(asked: Asked, policies: ApplicablePolicies | readonly ApplicablePolicies[]): string {
  const { outcome, allowed, statements, missing } = decide(requestOf(asked), Object.assign({}, ...[policies].flat()));
  assert.equal(allowed, outcome === "allowed");
  if (outcome === "implicitDeny") return `0 ${missing.join(" ")}`;
  return `${allowed ? "+" : "-"} ${statements.map(({ source, sid }) => `${source}.${sid}`).join(" ")}`.trimEnd();
}
