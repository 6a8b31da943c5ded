/**
 * What the elements of a document may say, checked in IAM's order and refused in its words. Whether the things that are
 * named exist is not known here.
 */
import { compileCondition } from "./condition.ts";
import { CURRENT_VERSION, type DocumentStatement, type PolicyDocument } from "./document.ts";
import { MalformedPolicy } from "./malformed-policy.ts";
import type { PolicyKind } from "./policy.ts";
import { isPrincipal } from "./principal-names.ts";
import { resourceFault } from "./resource-fault.ts";
import { LEGACY, type Words, wordsOf } from "./words.ts";

/** Throws MalformedPolicy. */
export function checkStatements(document: PolicyDocument, kind: PolicyKind): void {
  const words = wordsOf(kind);
  const { statements } = document;
  for (const statement of statements) checkEffectWord(statement, words);
  for (const statement of statements) checkOperators(statement, document.variables, words);
  if (kind === "identity" && document.version !== CURRENT_VERSION) {
    throw new MalformedPolicy("Policy document must be version 2012-10-17 or greater.");
  }
  for (const { effect } of statements) if (!isEffect(effect)) throw new MalformedPolicy(words.effect(effect));
  if (kind === "identity") checkIdentity(statements);
  if (kind === "trust") for (const statement of statements) checkTrust(statement);
  if (kind === "resource") for (const statement of statements) checkPrincipals(statement);
  requireUnique(statements, words);
  for (const { action } of statements) requireValues(action?.values, "Action", words);
  if (kind === "trust") return;
  for (const { resource } of statements) requireValues(resource?.values, "Resource", words);
  for (const { resource } of statements) {
    const fault = resource && resourceFault(resource.values);
    if (fault !== undefined) throw new MalformedPolicy(fault);
  }
  for (const { action } of statements) for (const name of action?.values ?? []) checkAction(name);
}

const isEffect = (effect: string): boolean => effect === "Allow" || effect === "Deny";

/** An effect in the wrong case is looked at later, after the version. */
function checkEffectWord({ effect }: DocumentStatement, words: Words): void {
  const text = words.effect(effect);
  if (!isEffect(effect) && text !== LEGACY) throw new MalformedPolicy(text);
}

function checkOperators(statement: DocumentStatement, variables: boolean, words: Words): void {
  for (const { operator, key, values } of statement.conditions) {
    const condition = compileCondition(operator, key, values, variables);
    if (condition === undefined) throw new MalformedPolicy(words.operator(operator));
    if (condition === "invalid") throw new MalformedPolicy(LEGACY);
  }
}

function checkIdentity(statements: readonly DocumentStatement[]): void {
  if (!statements.every(({ sid = "" }) => /^[0-9A-Za-z]*$/.test(sid))) {
    throw new MalformedPolicy(
      "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    );
  }
  if (statements.some(({ principal }) => principal !== undefined)) {
    throw new MalformedPolicy("Policy document should not specify a principal.");
  }
}

function requireUnique(statements: readonly DocumentStatement[], words: Words): void {
  const sids = statements.map(({ sid = "" }) => sid).filter((sid) => sid !== "");
  if (new Set(sids).size < sids.length) throw new MalformedPolicy(words.sidTwice);
}

function requireValues(values: readonly string[] | undefined, name: "Action" | "Resource", words: Words): void {
  if (values === undefined) throw new MalformedPolicy(words.missing(name));
  if (values.length === 0) throw new MalformedPolicy(words.empty(name));
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

function checkTrust(statement: DocumentStatement): void {
  const { resource, principal, action } = statement;
  if (resource !== undefined) {
    throw new MalformedPolicy(
      resource.not ? "AssumeRole policy must not contain resources." : "Has prohibited field Resource",
    );
  }
  checkPrincipals(statement);
  if (principal?.not) throw new MalformedPolicy("AssumeRole policy must not contain NotPrincipal field.");
  if (principal?.entries.some(({ type }) => type === "*")) {
    throw new MalformedPolicy('AssumeRolepolicy contained an invalid principal: "STAR":"*".');
  }
  if (!(action?.values ?? []).every((name) => TRUST_ACTIONS.test(name))) {
    throw new MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.");
  }
}

function checkPrincipals({ principal, effect }: DocumentStatement): void {
  if (principal === undefined) throw new MalformedPolicy("Missing required field Principal");
  if (principal.entries.length === 0) throw new MalformedPolicy("Missing required field Principal cannot be empty!");
  if (principal.not && effect === "Allow") throw new MalformedPolicy("Allow with NotPrincipal is not allowed.");
  for (const { type, name } of principal.entries) {
    if (!isPrincipal(type, name)) {
      throw new MalformedPolicy(`Invalid principal in policy: "${type.toUpperCase()}":"${name}"`);
    }
  }
}
