/**
 * AWS's managed policies that templates for Lambda commonly attach: what each allows, after AWS's documentation of its
 * permissions. Documents are our own and leave out services that have nothing to do with Lambda.
 */
import { ADMINISTRATION, DATA_SERVICES, EXECUTION_ROLES, type ManagedStatements } from "./aws-managed-statements.ts";

/** When IAM began to have managed policies; AWS's own dates are not kept here. */
export const AWS_MANAGED_SINCE = Date.UTC(2015, 1, 6);

const ALL: Readonly<Record<string, ManagedStatements>> = { ...ADMINISTRATION, ...EXECUTION_ROLES, ...DATA_SERVICES };
/** By path and name: a policy's name under another path is another policy, and none of AWS's. */
const BY_PATH = new Map(Object.entries(ALL));

/** Of the policies that are kept here. */
export const AWS_MANAGED_ARNS: readonly string[] = Object.keys(ALL).map((path) => `arn:aws:iam::aws:policy/${path}`);

/** The document of a policy of AWS's (`service-role/…`); of one that is not kept here, a document that allows nothing. */
export function awsManagedDocument(pathAndName: string): string {
  const statements = BY_PATH.get(pathAndName) ?? [{ Sid: "NotKeptHere", Effect: "Deny", Action: "none:None" }];
  const Statement = statements.map((statement) => ({ Effect: "Allow", Resource: "*", ...statement }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
