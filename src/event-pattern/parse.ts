/**
 * From a pattern's JSON to a Pattern, or the reason why it is none, in the words of AWS's event-ruler. Values are numbers
 * as JSON has them. Rules: EventBridge user guide, "Event patterns", and recorded refusals.
 */
import type { JsonValue } from "../base/index.ts";
import { parseCondition } from "./condition.ts";
import { InvalidPattern } from "./invalid-pattern.ts";
import { OPERATORS } from "./operators.ts";
import type { Field, Pattern } from "./pattern.ts";

export { InvalidPattern } from "./invalid-pattern.ts";

/** Deeper patterns are refused, so that no client decides how deep a stack grows. */
const DEPTH_MAX = 100;

/** Throws InvalidPattern. */
export function parsePattern(json: string): Pattern {
  let value: JsonValue;
  try {
    value = JSON.parse(json);
  } catch {
    throw new InvalidPattern("Filter is not an object");
  }
  if (!isObject(value)) throw new InvalidPattern("Filter is not an object");
  return patternOf(value, 0);
}

function patternOf(members: { readonly [key: string]: JsonValue }, depth: number): Pattern {
  if (depth > DEPTH_MAX) throw new InvalidPattern("Filter is nested too deeply");
  const fields: Field[] = [];
  const alternatives: (readonly Pattern[])[] = [];
  for (const [key, value] of Object.entries(members)) {
    const choices = key === "$or" ? choicesOf(value) : undefined;
    if (choices !== undefined) alternatives.push(choices.map((choice) => patternOf(choice, depth + 1)));
    else fields.push(fieldOf(key, value, depth));
  }
  return { fields, alternatives };
}

function fieldOf(key: string, value: JsonValue, depth: number): Field {
  if (isList(value)) {
    if (value.length === 0) throw new InvalidPattern("Empty arrays are not allowed");
    return { kind: "leaf", key, conditions: value.map(parseCondition) };
  }
  if (!isObject(value)) throw new InvalidPattern(`"${key}" must be an object or an array`);
  if (Object.keys(value).length === 0) throw new InvalidPattern("Empty objects are not allowed");
  return { kind: "object", key, pattern: patternOf(value, depth + 1) };
}

/** `$or` is one only with two objects or more, none of which has an operator as its key; else it is a field of that name. */
function choicesOf(value: JsonValue): readonly { readonly [key: string]: JsonValue }[] | undefined {
  if (!isList(value) || value.length < 2) return undefined;
  const choices = value.filter(isObject);
  const areChoices = choices.every((choice) => {
    const keys = Object.keys(choice);
    return keys.length > 0 && !keys.some((key) => OPERATORS.has(key));
  });
  return areChoices && choices.length === value.length ? choices : undefined;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !isList(value);
}
