/**
 * Patterns of terms: `ERROR "exact phrase"` (all), `?A ?B` (any), `-C` (none), `%regex%` in place of a term. When plain
 * or excluding terms are there, AWS ignores the optional ones.
 */
import type { FilterPattern } from "./filter-patterns.ts";
import { PatternText } from "./pattern-text.ts";

export function compileTermPattern(pattern: string): FilterPattern {
  const required: FilterPattern[] = [];
  const excluded: FilterPattern[] = [];
  const optional: FilterPattern[] = [];
  const text = new PatternText(pattern);
  for (;;) {
    text.skipSpace();
    if (text.isAtEnd) break;
    const kind = text.accept("?") ? optional : text.accept("-") ? excluded : required;
    kind.push(takeTerm(text));
  }
  if (required.length === 0 && excluded.length === 0 && optional.length > 0) {
    return (message) => optional.some((matches) => matches(message));
  }
  return (message) => required.every((matches) => matches(message)) && !excluded.some((matches) => matches(message));
}

function takeTerm(text: PatternText): FilterPattern {
  if (text.next === "%") return text.takeRegex();
  const term = text.next === '"' ? text.takeQuoted() : text.takeWhile(/[^\s"]/);
  return (message) => message.includes(term);
}
