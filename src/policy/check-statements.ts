/**
 * What the elements of a document may say, checked in IAM's order and refused in its words. Whether the things that are
 * named exist is not known here.
 */
import { compileCondition } from "./condition.ts";
import { CURRENT_VERSION, type DocumentStatement, type PolicyDocument, syntaxErrors } from "./document.ts";
import { MalformedPolicy } from "./malformed-policy.ts";
import type { PolicyKind } from "./policy.ts";
import { isPrincipal } from "./principal-names.ts";
import { resourceFault } from "./resource-fault.ts";

/** Throws MalformedPolicy. */
export function checkStatements(document: PolicyDocument, kind: PolicyKind): void {
  const { statements } = document;
  for (const statement of statements) checkOperators(statement, document.variables);
  if (kind === "identity" && document.version !== CURRENT_VERSION) {
    throw new MalformedPolicy("Policy document must be version 2012-10-17 or greater.");
  }
  for (const { effect } of statements) if (effect !== "Allow" && effect !== "Deny") throw legacyParsing();
  if (kind === "trust") checkTrust(statements);
  else checkPermissions(statements, kind);
}

const legacyParsing = (): MalformedPolicy => new MalformedPolicy("The policy failed legacy parsing");

function checkOperators(statement: DocumentStatement, variables: boolean): void {
  for (const { operator, key, values } of statement.conditions) {
    const condition = compileCondition(operator, key, values, variables);
    if (condition === undefined) throw syntaxErrors();
    if (condition === "invalid") throw legacyParsing();
  }
}

function checkPermissions(statements: readonly DocumentStatement[], kind: "identity" | "resource"): void {
  if (kind === "identity") checkSids(statements);
  requireUnique(statements);
  for (const { principal } of statements) {
    if (kind === "identity" && principal !== undefined)
      throw new MalformedPolicy("Policy document should not specify a principal.");
    if (kind === "resource" && principal === undefined) throw new MalformedPolicy("Missing required field Principal");
  }
  for (const { action } of statements) {
    if (action === undefined || action.values.length === 0)
      throw new MalformedPolicy("Policy statement must contain actions.");
  }
  for (const { resource } of statements) {
    if (resource === undefined || resource.values.length === 0)
      throw new MalformedPolicy("Policy statement must contain resources.");
  }
  for (const { resource } of statements) {
    const fault = resource && resourceFault(resource.values);
    if (fault !== undefined) throw new MalformedPolicy(fault);
  }
  for (const { action } of statements) for (const name of action?.values ?? []) checkAction(name);
  for (const statement of statements) {
    if (statement.principal?.not && statement.effect === "Allow") {
      throw new MalformedPolicy("Allow with NotPrincipal is not allowed.");
    }
    checkPrincipals(statement);
  }
}

function checkSids(statements: readonly DocumentStatement[]): void {
  if (statements.every(({ sid = "" }) => /^[0-9A-Za-z]*$/.test(sid))) return;
  throw new MalformedPolicy(
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
  );
}

function requireUnique(statements: readonly DocumentStatement[]): void {
  const sids = statements.map(({ sid = "" }) => sid).filter((sid) => sid !== "");
  if (new Set(sids).size < sids.length)
    throw new MalformedPolicy("Statement IDs (SID) in a single policy must be unique.");
}

function checkAction(action: string): void {
  const [vendor = "", ...rest] = action.split(":");
  if (rest.length > 1) throw new MalformedPolicy("Actions/Condition can contain only one colon.");
  if (action === "*") return;
  if (rest.length === 0) {
    throw new MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  if (vendor !== "*" && !/^[a-zA-Z0-9.-]+$/.test(vendor)) throw new MalformedPolicy(`Vendor ${vendor} is not valid`);
}

const TRUST_ACTIONS =
  /^sts:(AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|AssumeRoot|TagSession|SetSourceIdentity|SetContext|\*)$/i;

function checkTrust(statements: readonly DocumentStatement[]): void {
  for (const { resource, principal, action } of statements) {
    if (principal?.not) throw new MalformedPolicy("Has prohibited field NotPrincipal");
    if (resource !== undefined)
      throw new MalformedPolicy(`Has prohibited field ${resource.not ? "NotResource" : "Resource"}`);
    if (principal === undefined) throw new MalformedPolicy("Missing required field Principal");
    if (action === undefined) throw new MalformedPolicy("Missing required field Action");
    if (!action.values.every((name) => TRUST_ACTIONS.test(name))) {
      throw new MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  }
  for (const statement of statements) checkPrincipals(statement);
}

function checkPrincipals({ principal }: DocumentStatement): void {
  for (const { type, name } of principal?.entries ?? []) {
    if (!isPrincipal(type, name))
      throw new MalformedPolicy(`Invalid principal in policy: "${type.toUpperCase()}":"${name}"`);
  }
}
