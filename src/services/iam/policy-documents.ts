/**
 * Policy documents: the checks that IAM makes when one is stored, and their form in responses. Whether a document allows
 * something is not decided here.
 */
import {
  actionsMissing,
  actionWithoutVendor,
  invalidJson,
  missingField,
  principalNotAllowed,
  prohibitedField,
  quotaExceeded,
  resourceNotArn,
  resourcesMissing,
  syntaxErrors,
  trustActionNotAllowed,
} from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";

type Statement = Readonly<Record<string, unknown>>;

const TRUST_ACTIONS =
  /^sts:(AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity|SetContext|\*)$/i;

/** Checks who may assume a role. Throws MalformedPolicyDocument or LimitExceeded. */
export function checkTrustPolicy(document: string): void {
  for (const statement of statementsOf(document, invalidJson)) {
    for (const field of ["Resource", "NotResource"]) if (field in statement) throw prohibitedField(field);
    if (!("Principal" in statement) && !("NotPrincipal" in statement)) throw missingField("Principal");
    for (const action of stringsOf(statement["Action"])) {
      if (!TRUST_ACTIONS.test(action)) throw trustActionNotAllowed();
    }
  }
  if (policyCharacters(document) > IAM_LIMITS.trustPolicyCharacters) {
    throw quotaExceeded("ACLSizePerRole", IAM_LIMITS.trustPolicyCharacters);
  }
}

/** Checks what an identity may do. Throws MalformedPolicyDocument. */
export function checkIdentityPolicy(document: string): void {
  for (const statement of statementsOf(document, syntaxErrors)) {
    if ("Principal" in statement || "NotPrincipal" in statement) throw principalNotAllowed();
    const actions = stringsOf(statement["Action"] ?? statement["NotAction"]);
    if (actions.length === 0) throw actionsMissing();
    if (!actions.every((action) => action === "*" || action.includes(":"))) throw actionWithoutVendor();
    const resources = stringsOf(statement["Resource"] ?? statement["NotResource"]);
    if (resources.length === 0) throw resourcesMissing();
    for (const resource of resources)
      if (resource !== "*" && !resource.startsWith("arn:")) throw resourceNotArn(resource);
  }
}

/** The same for a managed policy, which also has a size quota. Throws LimitExceeded too. */
export function checkManagedPolicy(document: string): void {
  checkIdentityPolicy(document);
  const max = IAM_LIMITS.managedPolicyCharacters;
  if (policyCharacters(document) > max) throw quotaExceeded("PolicySize", max);
}

/** What counts towards IAM's size quotas: every character but white space. */
export const policyCharacters = (document: string): number => document.replace(/\s/g, "").length;

/** Documents are URL-encoded (RFC 3986) in responses. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `notJson` makes the error for text that is not a JSON object. */
function statementsOf(document: string, notJson: () => Error): readonly Statement[] {
  const policy = parseObject(document, notJson);
  const version = policy["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") throw syntaxErrors();
  const given = policy["Statement"];
  const statements = Array.isArray(given) ? given : [given];
  if (statements.length === 0) throw syntaxErrors();
  return statements.map((statement: unknown) => {
    if (!isObject(statement)) throw syntaxErrors();
    if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") throw syntaxErrors();
    return statement;
  });
}

function parseObject(document: string, notJson: () => Error): Statement {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch (error) {
    if (error instanceof SyntaxError) throw notJson();
    throw error;
  }
  if (!isObject(parsed)) throw notJson();
  return parsed;
}

function isObject(value: unknown): value is Statement {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((entry) => typeof entry === "string");
}
