/**
 * IAM reads policies with two parsers, each with its own words: one for what identities may do, one for policies on
 * resources, role trust policies among them. The words of both come from recordings that others published, of IAM, S3 and
 * DynamoDB.
 */
import type { PolicyKind } from "./policy.ts";

export interface Words {
  readonly notJson: string;
  /** JSON that is no object. */
  readonly notPolicy: (value: unknown) => string;
  readonly unknownField: (name: string) => string;
  readonly version: string;
  readonly noStatement: string;
  readonly emptyStatement: string;
  /** An element and its negation. */
  readonly twice: (name: string) => string;
  readonly noEffect: string;
  /** An effect that is none, or one in the wrong case. */
  readonly effect: (effect: string) => string;
  readonly operator: (name: string) => string;
  readonly sidTwice: string;
  /** An element that has a value of another type than it may have. */
  readonly syntax: string;
  readonly missing: (name: "Action" | "Resource") => string;
  readonly empty: (name: "Action" | "Resource") => string;
}

const SYNTAX = "Syntax errors in policy.";
export const LEGACY = "The policy failed legacy parsing";
const contain = (name: string): string => `Policy statement must contain ${name.toLowerCase()}s.`;

const IDENTITY: Words = {
  notJson: SYNTAX,
  notPolicy: () => SYNTAX,
  unknownField: () => SYNTAX,
  version: SYNTAX,
  noStatement: SYNTAX,
  emptyStatement: SYNTAX,
  twice: () => SYNTAX,
  noEffect: SYNTAX,
  effect: (effect) => (["allow", "deny"].includes(effect.toLowerCase()) ? LEGACY : SYNTAX),
  operator: () => SYNTAX,
  sidTwice: "Statement IDs (SID) in a single policy must be unique.",
  syntax: SYNTAX,
  missing: contain,
  empty: contain,
};

const INVALID_JSON = "This policy contains invalid Json";

const RESOURCE: Words = {
  notJson: INVALID_JSON,
  notPolicy: (value) => (Array.isArray(value) ? INVALID_JSON : "This text appears not to be a policy"),
  unknownField: (name) => `Unknown field ${name}`,
  version: "The policy must contain a valid version string",
  noStatement: "Missing required field Statement",
  emptyStatement: "Could not parse the policy: Statement is empty!",
  twice: (name) => `Statement/policy already has instance of ${name}`,
  noEffect: "Missing required field Effect",
  effect: (effect) => `Invalid effect: ${effect}`,
  operator: (name) => `Invalid Condition type : ${name}`,
  sidTwice: "The Statement Ids in the policy are not unique",
  syntax: "Syntax error in policy.",
  missing: (name) => `Missing required field ${name}`,
  empty: (name) => `Missing required field ${name} cannot be empty!`,
};

export const wordsOf = (kind: PolicyKind): Words => (kind === "identity" ? IDENTITY : RESOURCE);
