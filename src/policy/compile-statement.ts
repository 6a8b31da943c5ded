/** A checked statement, ready to be decided by. */
import { compileCondition } from "./condition.ts";
import type { DocumentStatement, Element } from "./document.ts";
import { Pattern, type PatternOptions } from "./pattern.ts";
import type { PatternTest, Statement } from "./policy.ts";
import { principalTest } from "./principal-names.ts";

/** `variables`: whether the document's version has them; actions never do. */
export function compileStatement(statement: DocumentStatement, index: number, variables: boolean): Statement {
  const { sid, principal, action, resource } = statement;
  return {
    sid,
    index,
    effect: statement.effect === "Deny" ? "Deny" : "Allow",
    principal: principal && principalTest(principal.not, principal.entries),
    action: patternTest(action, { wildcards: true, variables: false }, (name) => name.toLowerCase()),
    resource: resource && patternTest(resource, { wildcards: true, variables }),
    conditions: statement.conditions.map(({ operator, key, values }) => {
      const condition = compileCondition(operator, key, values, variables);
      if (condition === undefined || condition === "invalid") throw new Error(`${operator} has not been checked`);
      return condition;
    }),
  };
}

function patternTest(
  element: Element | undefined,
  options: PatternOptions,
  asCompared: (value: string) => string = (value) => value,
): PatternTest {
  const { not, values } = element ?? { not: false, values: [] };
  return { not, patterns: values.map((value) => new Pattern(asCompared(value), options)) };
}
