/**
 * Filter patterns, as FilterLogEvents, live tail, metric filters and subscriptions share them: text in, a test of one
 * message out. Three forms, told apart by the first character: `{ … }` looks into JSON events (json-patterns.ts), `[ … ]`
 * into space-delimited ones (field-patterns.ts), everything else searches terms (term-patterns.ts).
 *
 * A pattern and a message may both come from an attacker: a test takes time linear in the message, regular expressions
 * run on RE2's automaton, and recursion is bounded by the pattern's length.
 */
import { invalidPattern } from "./errors.ts";
import { compileFieldPattern } from "./field-patterns.ts";
import { compileJsonPattern } from "./json-patterns.ts";
import { PatternError } from "./pattern-text.ts";
import { compileTermPattern } from "./term-patterns.ts";

/** True when the message matches. */
export type FilterPattern = (message: string) => boolean;

/** Compiles a pattern; an empty one matches everything. Throws InvalidParameterException. */
export function compileFilterPattern(pattern: string): FilterPattern {
  const text = pattern.trim();
  try {
    if (text.startsWith("{")) return compileJsonPattern(text);
    if (text.startsWith("[")) return compileFieldPattern(text);
    return compileTermPattern(text);
  } catch (error) {
    if (error instanceof PatternError) throw invalidPattern(error.message);
    throw error;
  }
}
