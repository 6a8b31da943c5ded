/**
 * Policy documents as IAM stores and shows them: checked by the policy language, held against the quotas of their place,
 * URL-encoded in responses. Whether a document allows something is not decided here.
 */
import { MalformedPolicy, type Policy, type PolicyKind, parsePolicy } from "../../policy/index.ts";
import { malformedPolicy, quotaExceeded } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";

/** Checks who may assume a role. Throws MalformedPolicyDocument or LimitExceeded. */
export function checkTrustPolicy(document: string): Policy {
  const policy = parseChecked(document, "trust");
  const max = IAM_LIMITS.trustPolicyCharacters;
  if (policyCharacters(document) > max) throw quotaExceeded("ACLSizePerRole", max);
  return policy;
}

/** Checks what an identity may do. Throws MalformedPolicyDocument. */
export function checkIdentityPolicy(document: string): void {
  parseChecked(document, "identity");
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

/** Throws MalformedPolicyDocument. */
export function parseChecked(document: string, kind: PolicyKind, id?: string): Policy {
  try {
    return parsePolicy(document, kind, id === undefined ? {} : { id });
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicy(error.message);
    throw error;
  }
}
