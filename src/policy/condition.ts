/**
 * One line of a Condition element: an operator, a key and its values. What a missing key means depends on all parts of the
 * operator's name. Source: IAM User Guide, "Condition operators" and "Multivalued context keys".
 */
import type { Comparison } from "./operators.ts";
import { OPERATORS } from "./operators.ts";
import { type Resolve, someMatch } from "./pattern.ts";

export interface ConditionTest {
  /** As written, and in lower case. */
  readonly key: string;
  readonly name: string;
  readonly variables: readonly string[];
  /** `values` is undefined where the request does not have the key. */
  holds(values: readonly string[] | undefined, resolve: Resolve): boolean;
}

const NAME = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/;

/** Undefined for an operator that does not exist; `invalid` for a value that the operator cannot have. */
export function compileCondition(
  operatorName: string,
  key: string,
  wanted: readonly string[],
  variables: boolean,
): ConditionTest | "invalid" | undefined {
  const [, quantifier, name = "", ifExists] = NAME.exec(operatorName.toLowerCase()) ?? [];
  if (name === "null" && quantifier === undefined && ifExists === undefined) return nullTest(key, wanted);
  const operator = OPERATORS.get(name);
  if (operator === undefined) return undefined;
  const comparisons: Comparison[] = [];
  for (const value of wanted) {
    const comparison = operator.compile(value, variables);
    if (comparison === undefined) return "invalid";
    comparisons.push(comparison);
  }
  const { negated } = operator;
  const meets = (value: string, resolve: Resolve): boolean =>
    someMatch(comparisons, negated, (comparison) => comparison.matches(value, resolve));
  return {
    key,
    name: key.toLowerCase(),
    variables: comparisons.flatMap((comparison) => comparison.variables),
    holds(values, resolve) {
      if (quantifier !== undefined) {
        // An empty string is as good as no value.
        const given = values?.filter((value) => value !== "") ?? [];
        if (quantifier === "forallvalues") return given.every((value) => meets(value, resolve));
        return given.length === 0 ? ifExists !== undefined : given.some((value) => meets(value, resolve));
      }
      if (values === undefined) return negated || ifExists !== undefined;
      return negated ? values.every((value) => meets(value, resolve)) : values.some((value) => meets(value, resolve));
    },
  };
}

function nullTest(key: string, wanted: readonly string[]): ConditionTest {
  return {
    key,
    name: key.toLowerCase(),
    variables: [],
    holds: (values) => wanted.some((value) => value.toLowerCase() === String(values === undefined)),
  };
}
