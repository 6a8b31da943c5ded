/**
 * Patterns for space-delimited events: `[ip, user, time, request, status = 4*, bytes > 1000]`. One entry per field;
 * `...` stands for any number of fields; a last entry without a condition takes the rest of the line. In an event a field
 * ends at whitespace, and `[…]` and `"…"` are one field each.
 */
import type { FilterPattern } from "./filter-patterns.ts";
import { PatternError, PatternText } from "./pattern-text.ts";
import { type Condition, takeCondition } from "./pattern-values.ts";

const FIELD_NAME = /[A-Za-z0-9_-]/;
const BARE_VALUE = /[^\s",%()&|[\]]/;
const ANY: Condition = () => true;

type Entry = Condition | "rest";

export function compileFieldPattern(pattern: string): FilterPattern {
  const entries = takeEntries(new PatternText(pattern));
  const gap = entries.indexOf("rest");
  if (gap !== entries.lastIndexOf("rest")) throw new PatternError("only one ... is allowed");
  const conditions = entries.filter((entry) => entry !== "rest");
  const before = gap === -1 ? conditions : conditions.slice(0, gap);
  const after = gap === -1 ? [] : conditions.slice(gap);
  const takesMore = gap !== -1 || before.at(-1) === ANY;
  return (message) => {
    const fields = splitFields(message);
    if (fields.length < conditions.length || (fields.length > conditions.length && !takesMore)) return false;
    const tail = fields.length - after.length;
    return (
      before.every((condition, index) => condition(fields[index] ?? "")) &&
      after.every((condition, index) => condition(fields[tail + index] ?? ""))
    );
  };
}

function takeEntries(text: PatternText): readonly Entry[] {
  const entries: Entry[] = [];
  text.expect("[");
  do {
    text.skipSpace();
    entries.push(text.accept("...") ? "rest" : takeEntry(text));
    text.skipSpace();
  } while (text.accept(","));
  text.expect("]");
  if (!text.isAtEnd) throw new PatternError("text after the closing bracket");
  return entries;
}

/** A blank entry and a bare name match any field. */
function takeEntry(text: PatternText): Condition {
  const name = text.takeWhile(FIELD_NAME);
  text.skipSpace();
  if (text.next === "," || text.next === "]") return ANY;
  return takeAlternatives(text, name);
}

function takeAlternatives(text: PatternText, name: string): Condition {
  const alternatives: Condition[][] = [[takeCondition(text, BARE_VALUE)]];
  for (;;) {
    text.skipSpace();
    const isOr = text.accept("||");
    if (!isOr && !text.accept("&&")) break;
    text.skipSpace();
    if (text.takeWhile(FIELD_NAME) !== name) throw new PatternError(`a condition on ${name} names another field`);
    text.skipSpace();
    const condition = takeCondition(text, BARE_VALUE);
    if (isOr) alternatives.push([condition]);
    else alternatives.at(-1)?.push(condition);
  }
  return (value) => alternatives.some((all) => all.every((condition) => condition(value)));
}

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ['"', '"'],
]);

/** Every part of the message is looked at a bounded number of times: a closer that is missing once is not sought again. */
function splitFields(message: string): readonly string[] {
  const fields: string[] = [];
  const missing = new Set<string>();
  const fieldStart = /\S/g;
  const plainField = /\S+/y;
  for (let start = fieldStart.exec(message); start !== null; start = fieldStart.exec(message)) {
    const closer = CLOSERS.get(start[0]);
    const end = closer === undefined || missing.has(closer) ? -1 : message.indexOf(closer, start.index + 1);
    if (end !== -1) {
      fields.push(message.slice(start.index + 1, end));
      fieldStart.lastIndex = end + 1;
      continue;
    }
    if (closer !== undefined) missing.add(closer);
    plainField.lastIndex = start.index;
    fields.push(plainField.exec(message)?.[0] ?? "");
    fieldStart.lastIndex = plainField.lastIndex;
  }
  return fields;
}
