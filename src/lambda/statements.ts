/** Statements of resource policies, read back. Apart from what writes them, which loads the client package for refusals. */

/** A statement as `statementJson` writes it. */
export interface Statement {
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly AWS?: string; readonly Service?: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Reads back what `statementJson` wrote. */
export function parseStatement(json: string): Statement {
  return JSON.parse(json);
}
