/** What one value must satisfy, from a row of the table, in the order AWS reports it: max, min, pattern, enum. */
import { compilePattern } from "./patterns.ts";
import type { ConstraintRow } from "./table.ts";

export interface Fact {
  readonly text: string;
  readonly holds: (value: unknown) => boolean;
}

export function factsOf(row: ConstraintRow): readonly Fact[] {
  const facts: Fact[] = [];
  const isNumber = row.type === "integer" || row.type === "long" || row.type === "double";
  const measure = isNumber ? Number : lengthOf;
  const noun = isNumber ? "value" : "length";
  const { max, min, pattern } = row;
  if (max !== undefined) {
    const text = `Member must have ${noun} less than or equal to ${printBound(row, max)}`;
    facts.push({ text, holds: (value) => measure(value) <= max });
  }
  if (min !== undefined) {
    const text = `Member must have ${noun} greater than or equal to ${printBound(row, min)}`;
    facts.push({ text, holds: (value) => measure(value) >= min });
  }
  if (pattern !== undefined) {
    const matches = compilePattern(pattern);
    const text = `Member must satisfy regular expression pattern: ${pattern}`;
    facts.push({ text, holds: (value) => typeof value !== "string" || matches(value) });
  }
  if (row.enum !== undefined) {
    const values: ReadonlySet<unknown> = new Set(row.enum);
    const text = `Member must satisfy enum value set: [${(row.printedEnum ?? row.enum).join(", ")}]`;
    facts.push({ text, holds: (value) => values.has(value) });
  }
  return facts;
}

function printBound(row: ConstraintRow, bound: number): string {
  return row.type === "double" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** Characters of a text, bytes of a blob, elements of a list, entries of a map. */
function lengthOf(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array || Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}
