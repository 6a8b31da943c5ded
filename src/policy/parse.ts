/**
 * Documents, checked and compiled. The checks come in IAM's order, so that a document with several faults is refused for
 * the same one; sizes are the caller's. Texts were recorded by public tests against IAM where not noted otherwise.
 */

import { checkStatements } from "./check-statements.ts";
import { compileStatement } from "./compile-statement.ts";
import { readDocument } from "./document.ts";
import type { Policy, PolicyKind } from "./policy.ts";

/** Throws MalformedPolicy with IAM's words. `id` names the policy in decisions; without it the document's own does. */
export function parsePolicy(json: string, kind: PolicyKind, { id }: { readonly id?: string } = {}): Policy {
  const document = readDocument(json, kind);
  checkStatements(document, kind);
  const statements = document.statements.map((statement, index) =>
    compileStatement(statement, index, document.variables),
  );
  const keys = new Map<string, string>();
  for (const { resource, conditions } of statements) {
    const inResources = (resource?.patterns ?? []).flatMap(({ variables }) => variables);
    const inConditions = conditions.flatMap(({ key, variables }) => [key, ...variables]);
    for (const key of [...inResources, ...inConditions])
      if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key);
  }
  return { id: id ?? document.id ?? "", kind, statements, contextKeys: [...keys.values()] };
}
