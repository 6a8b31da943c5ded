/**
 * Patterns for JSON events: `{ $.level = "ERROR" && ($.ms > 100 || $.tags[*] = slow*) }`. A message that is not one JSON
 * value never matches; a selector must reach a scalar. `&&` binds tighter than `||`.
 */
import type { FilterPattern } from "./filter-patterns.ts";
import { PatternError, PatternText } from "./pattern-text.ts";
import { type Condition, takeCondition } from "./pattern-values.ts";

type JsonTest = (root: unknown) => boolean;
type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "item"; readonly index: number }
  | { readonly kind: "any" };

const WILDCARDS_MAX = 3;
const BARE_VALUE = /[^\s"%()&|{}]/;
const MEMBER_NAME = /[A-Za-z0-9_-]/;

export function compileJsonPattern(pattern: string): FilterPattern {
  const text = new PatternText(pattern);
  const budget = { wildcards: WILDCARDS_MAX };
  text.expect("{");
  const test = takeAny(text, budget);
  text.skipSpace();
  text.expect("}");
  if (!text.isAtEnd) throw new PatternError("text after the closing brace");
  return (message) => {
    const root = parseJson(message);
    return root !== undefined && test(root);
  };
}

interface Budget {
  wildcards: number;
}

function takeAny(text: PatternText, budget: Budget): JsonTest {
  const tests = [takeAll(text, budget)];
  for (text.skipSpace(); text.accept("||"); text.skipSpace()) tests.push(takeAll(text, budget));
  return (root) => tests.some((test) => test(root));
}

function takeAll(text: PatternText, budget: Budget): JsonTest {
  const tests = [takeOne(text, budget)];
  for (text.skipSpace(); text.accept("&&"); text.skipSpace()) tests.push(takeOne(text, budget));
  return (root) => tests.every((test) => test(root));
}

function takeOne(text: PatternText, budget: Budget): JsonTest {
  text.skipSpace();
  if (text.accept("(")) {
    const test = takeAny(text, budget);
    text.skipSpace();
    text.expect(")");
    return test;
  }
  const steps = takeSelector(text, budget);
  text.skipSpace();
  if (text.acceptWord("NOT")) {
    text.skipSpace();
    if (!text.acceptWord("EXISTS")) throw new PatternError("expected EXISTS after NOT");
    return (root) => select(root, steps).next().done === true;
  }
  const condition = text.acceptWord("IS") ? takeConstant(text) : takeCondition(text, BARE_VALUE);
  return (root) => {
    for (const value of select(root, steps)) if (isScalar(value) && condition(value)) return true;
    return false;
  };
}

function takeConstant(text: PatternText): Condition {
  text.skipSpace();
  for (const constant of [null, true, false]) {
    if (text.acceptWord(String(constant).toUpperCase())) return (value) => value === constant;
  }
  throw new PatternError("expected NULL, TRUE or FALSE after IS");
}

function takeSelector(text: PatternText, budget: Budget): readonly Step[] {
  text.expect("$");
  const steps: Step[] = [];
  for (;;) {
    const dotted = text.accept(".");
    if (text.accept("[")) {
      steps.push(takeBracket(text));
      text.expect("]");
    } else if (dotted) {
      steps.push(takeMember(text));
    } else {
      break;
    }
  }
  if (steps.length === 0) throw new PatternError("a selector names no property");
  const wildcards = steps.filter((step) => step.kind === "any").length;
  budget.wildcards -= wildcards;
  if (wildcards > 1) throw new PatternError("a selector can have one wildcard");
  if (budget.wildcards < 0) throw new PatternError(`a pattern can have ${WILDCARDS_MAX} wildcards`);
  return steps;
}

function takeMember(text: PatternText): Step {
  if (text.accept("*")) return { kind: "any" };
  const name = text.takeWhile(MEMBER_NAME);
  if (name === "") throw new PatternError("a selector has an empty name");
  return { kind: "member", name };
}

function takeBracket(text: PatternText): Step {
  if (text.accept("*")) return { kind: "any" };
  if (text.accept("'")) {
    const name = text.takeWhile(/[^']/);
    text.expect("'");
    return { kind: "member", name };
  }
  const index = text.takeWhile(/\d/);
  if (index === "") throw new PatternError("expected an index, * or a quoted name in brackets");
  return { kind: "item", index: Number(index) };
}

/** Every value that the steps reach. At most one step has several ways to go, so this is linear. */
function* select(value: unknown, steps: readonly Step[], at = 0): Generator<unknown> {
  const step = steps[at];
  if (step === undefined) {
    yield value;
  } else if (typeof value === "object" && value !== null) {
    if (step.kind === "any") {
      for (const member of Object.values(value)) yield* select(member, steps, at + 1);
    } else {
      const key = step.kind === "member" ? step.name : step.index;
      if (Array.isArray(value) !== (step.kind === "item") || !Object.hasOwn(value, key)) return;
      yield* select(Reflect.get(value, key), steps, at + 1);
    }
  }
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Undefined for text that is not JSON; a message that is the JSON `null` has nothing to select from either. */
function parseJson(message: string): unknown {
  if (!/^\s*[[{]/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
