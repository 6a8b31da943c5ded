/** What a pattern says, after parsing. All fields must match; of a field's conditions one must. */
export interface Pattern {
  readonly fields: readonly Field[];
  /** Each `$or`: one of its patterns must match. */
  readonly alternatives: readonly (readonly Pattern[])[];
}

export type Field =
  | { readonly kind: "leaf"; readonly key: string; readonly conditions: readonly Condition[] }
  | { readonly kind: "object"; readonly key: string; readonly pattern: Pattern };

export type Condition =
  | { readonly kind: "equals"; readonly value: string | number | boolean | null }
  | TextCondition
  | { readonly kind: "exists"; readonly exists: boolean }
  | { readonly kind: "numeric"; readonly comparisons: readonly Comparison[] }
  | { readonly kind: "cidr"; readonly block: string }
  | { readonly kind: "anything-but"; readonly values: readonly (string | number)[] }
  | { readonly kind: "anything-but-text"; readonly texts: readonly TextCondition[] };

/** `ignoreCase` is what `equals-ignore-case` asks for, alone or inside `prefix` and `suffix`. */
export interface TextCondition {
  readonly kind: "prefix" | "suffix" | "wildcard" | "text";
  readonly text: string;
  readonly ignoreCase: boolean;
}

export interface Comparison {
  readonly operator: "=" | "<" | "<=" | ">" | ">=";
  readonly value: number;
}
