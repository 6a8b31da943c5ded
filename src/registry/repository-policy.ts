/** Repository policies name no resource: the repository that has one is meant. Pure text; who may what is decided elsewhere. */

/** The policy as any other is written, with `resource` in each statement that names none. Throws SyntaxError for no JSON. */
export function withResource(policy: string, resource: string): string {
  const document: { readonly Statement?: unknown } = JSON.parse(policy);
  const statements = [document.Statement].flat();
  return JSON.stringify({
    ...document,
    Statement: statements.map((statement) => ({ Resource: resource, ...Object(statement) })),
  });
}
