/** One member of a field's list: a value, or an object with one operator. */
import { isIP } from "node:net";
import type { JsonValue } from "../base/index.ts";
import { InvalidPattern } from "./invalid-pattern.ts";
import type { Comparison, Condition, TextCondition } from "./pattern.ts";

/** Throws InvalidPattern. */
export function parseCondition(value: JsonValue): Condition {
  if (value === null || typeof value !== "object") return { kind: "equals", value };
  if (isList(value)) throw new InvalidPattern("Match value must be String, number, true, false, or null");
  const [first, second] = Object.entries(value);
  if (first === undefined) throw new InvalidPattern("Empty objects are not allowed");
  if (second !== undefined) throw new InvalidPattern("Only one key allowed in match expression");
  const [operator, operand] = first;
  switch (operator) {
    case "prefix":
    case "suffix":
    case "wildcard":
    case "equals-ignore-case":
      return textCondition(operator, operand, `${operator} match pattern must be a string`);
    case "anything-but":
      return anythingBut(operand);
    case "numeric":
      return { kind: "numeric", comparisons: comparisonsOf(operand) };
    case "exists":
      if (typeof operand !== "boolean") throw new InvalidPattern("exists match pattern must be either true or false.");
      return { kind: "exists", exists: operand };
    case "cidr":
      return { kind: "cidr", block: blockOf(operand) };
    default:
      throw new InvalidPattern(`Unrecognized match type ${operator}`);
  }
}

function textCondition(
  operator: "prefix" | "suffix" | "wildcard" | "equals-ignore-case",
  operand: JsonValue,
  problem: string,
): TextCondition {
  if (operator === "equals-ignore-case") return { kind: "text", text: textOf(operand, problem), ignoreCase: true };
  if (operator === "wildcard") return { kind: "wildcard", text: wildcardOf(operand, problem), ignoreCase: false };
  if (typeof operand === "object" && operand !== null && !isList(operand)) {
    const [first, second] = Object.entries(operand);
    if (first?.[0] !== "equals-ignore-case" || second !== undefined) throw new InvalidPattern(problem);
    return { kind: operator, text: textOf(first[1], problem), ignoreCase: true };
  }
  return { kind: operator, text: textOf(operand, problem), ignoreCase: false };
}

function textOf(operand: JsonValue, problem: string): string {
  if (typeof operand !== "string") throw new InvalidPattern(problem);
  return operand;
}

function wildcardOf(operand: JsonValue, problem: string): string {
  const text = textOf(operand, problem);
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") {
      const next = text[at + 1];
      if (next !== "*" && next !== "\\") throw new InvalidPattern(`Invalid escape character at pos ${at}`);
      at += 1;
    } else if (text[at] === "*" && text[at + 1] === "*") {
      throw new InvalidPattern(`Consecutive wildcard characters at pos ${at}`);
    }
  }
  return text;
}

function anythingBut(operand: JsonValue): Condition {
  if (typeof operand === "string" || typeof operand === "number") return { kind: "anything-but", values: [operand] };
  if (typeof operand !== "object" || operand === null) {
    throw new InvalidPattern("Value of anything-but must be an array or single string/number value.");
  }
  if (!isList(operand)) return anythingButText(operand);
  if (operand.length === 0) throw new InvalidPattern("Empty arrays are not allowed");
  const texts = operand.filter((value) => typeof value === "string");
  const numbers = operand.filter((value) => typeof value === "number");
  if (texts.length < operand.length && numbers.length < operand.length) {
    throw new InvalidPattern("Inside anything but list, start|null|boolean is not supported.");
  }
  return { kind: "anything-but", values: [...texts, ...numbers] };
}

function anythingButText(operand: { readonly [key: string]: JsonValue }): Condition {
  const [first, second] = Object.entries(operand);
  if (first === undefined) throw new InvalidPattern("Empty objects are not allowed");
  if (second !== undefined) throw new InvalidPattern("Only one key allowed in match expression");
  const [operator, given] = first;
  if (operator !== "prefix" && operator !== "suffix" && operator !== "wildcard" && operator !== "equals-ignore-case") {
    throw new InvalidPattern(`Unsupported anything-but pattern: ${operator}`);
  }
  const values = isList(given) ? given : [given];
  if (values.length === 0) throw new InvalidPattern("Empty arrays are not allowed");
  const texts = values.map((value) => {
    const condition = textCondition(operator, value, "prefix/suffix match pattern must be a string");
    const needsText = operator === "prefix" || operator === "suffix";
    if (needsText && condition.text === "") throw new InvalidPattern("Null prefix/suffix not allowed");
    return condition;
  });
  return { kind: "anything-but-text", texts };
}

const COMPARERS = ["=", "<", "<=", ">", ">="] as const;

function comparisonsOf(operand: JsonValue): readonly Comparison[] {
  if (!isList(operand)) throw new InvalidPattern("Value of numeric must be an array.");
  if (operand.length === 0) throw new InvalidPattern("Invalid member in numeric match: ]");
  if (operand.length !== 2 && operand.length !== 4) throw new InvalidPattern("Bad numeric range: too many terms");
  const comparisons: Comparison[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const operator = COMPARERS.find((candidate) => candidate === operand[at]);
    const value = operand[at + 1];
    if (operator === undefined) throw new InvalidPattern(`Unrecognized numeric range operator: ${String(operand[at])}`);
    if (typeof value !== "number") throw new InvalidPattern(`Value of ${operator} must be numeric`);
    comparisons.push({ operator, value });
  }
  const [lower, upper] = comparisons;
  if (lower !== undefined && upper !== undefined) {
    const isRange = lower.operator.startsWith(">") && upper.operator.startsWith("<");
    if (!isRange) throw new InvalidPattern("Too many elements in numeric expression");
    if (lower.value >= upper.value) throw new InvalidPattern("Bottom must be less than top");
  }
  return comparisons;
}

/** An address block, or a single address. */
function blockOf(operand: JsonValue): string {
  const text = textOf(operand, "cidr match pattern must be a string");
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address);
  const isFormed = family !== 0 && more === undefined && (bits === undefined || /^\d{1,3}$/.test(bits));
  if (!isFormed || Number(bits ?? 0) > (family === 4 ? 32 : 128)) {
    throw new InvalidPattern(`Malformed CIDR, invalid block or address: '${text}'`);
  }
  return text;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
