/**
 * Conditions on one value inside an event, which JSON and space-delimited patterns share: an operator and a literal, where
 * a literal is a number, text with `*` for any run of characters, or a regular expression.
 */
import { PatternError, type PatternText } from "./pattern-text.ts";

/** A scalar of an event. */
export type Scalar = string | number | boolean | null;
export type Condition = (value: Scalar) => boolean;

const OPERATORS = ["!=", "<=", ">=", "=", "<", ">"] as const;
type Operator = (typeof OPERATORS)[number];

/** Takes `op value`. `bare` is the run of characters that an unquoted value may have. */
export function takeCondition(text: PatternText, bare: RegExp): Condition {
  const operator = OPERATORS.find((candidate) => text.accept(candidate));
  if (operator === undefined) throw new PatternError("expected one of = != < <= > >=");
  text.skipSpace();
  if (text.next === "%") return equality(operator, textCondition(text.takeRegex()));
  if (text.next === '"') return equality(operator, textCondition(compileWildcard(text.takeQuoted())));
  const literal = text.takeWhile(bare);
  if (literal === "") throw new PatternError("expected a value after the operator");
  const number = parseNumber(literal);
  if (number === undefined) return equality(operator, textCondition(compileWildcard(literal)));
  return numberCondition(operator, number, literal);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

function textCondition(matches: (text: string) => boolean): Condition {
  return (value) => matches(String(value));
}

function equality(operator: Operator, condition: Condition): Condition {
  if (operator === "=") return condition;
  if (operator === "!=") return (value) => !condition(value);
  throw new PatternError(`${operator} needs a number`);
}

/** Text that reads as a number compares as one, because space-delimited fields and quoted JSON numbers are text. */
function numberCondition(operator: Operator, wanted: number, literal: string): Condition {
  return (value) => {
    const number = typeof value === "number" ? value : typeof value === "string" ? parseNumber(value) : undefined;
    if (number === undefined) return operator === "!=" ? value !== literal : false;
    switch (operator) {
      case "=":
        return number === wanted;
      case "!=":
        return number !== wanted;
      case "<":
        return number < wanted;
      case "<=":
        return number <= wanted;
      case ">":
        return number > wanted;
      case ">=":
        return number >= wanted;
    }
  };
}

/** Matches a whole text against a pattern in which `*` stands for any run of characters. */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
