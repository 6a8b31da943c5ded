/**
 * Texts of policies that may hold wildcards and variables. Variables (`${aws:username}`, with a default
 * `${aws:PrincipalTag/team, 'none'}`, or escaping `${*}`) exist in version 2012-10-17 only. Their values are compared as
 * they are: a star in a user's name or tag is no wildcard.
 */
import { ANY, compileGlob, type Glob, type GlobPart, STAR, type Steps } from "./glob.ts";

interface Variable {
  /** As written. */
  readonly key: string;
  readonly name: string;
  readonly fallback: string | undefined;
}

/**
 * The value of a variable by its key in lower case; `key` is how the policy writes it. Undefined where the request has
 * none, or more than one.
 */
export type Resolve = (name: string, key: string) => string | undefined;

export interface PatternOptions {
  readonly wildcards: boolean;
  readonly variables: boolean;
  readonly ignoreCase?: boolean;
}

export class Pattern {
  /** The text as the policy has it. */
  readonly source: string;
  readonly #parts: readonly (GlobPart | Variable)[];
  /** There when nothing has to be filled in. */
  readonly #glob: Glob | undefined;
  /** What the text must begin with, before any variable or wildcard. */
  readonly #prefix: string;
  readonly #ignoreCase: boolean;

  constructor(source: string, options: PatternOptions) {
    this.source = source;
    this.#ignoreCase = options.ignoreCase ?? false;
    this.#parts = partsOf(this.#ignoreCase && !options.variables ? source.toLowerCase() : source, options);
    const [first] = this.#parts;
    this.#prefix = typeof first === "string" && !this.#ignoreCase ? first : "";
    const fixed = this.#parts.filter((part) => typeof part !== "object");
    if (fixed.length === this.#parts.length) this.#glob = compileGlob(fixed.map((part) => this.#cased(part)));
  }

  /** Keys of the variables, as written. */
  get variables(): readonly string[] {
    return this.#parts.flatMap((part) => (typeof part === "object" ? [part.key] : []));
  }

  /** Undefined where a variable cannot be resolved. */
  matches(text: string, resolve: Resolve, steps?: Steps): boolean | undefined {
    const given = this.#ignoreCase ? text.toLowerCase() : text;
    if (this.#glob !== undefined) return this.#glob.matches(given, steps);
    for (const part of this.#parts) {
      if (typeof part === "object" && variableValue(part, resolve) === undefined) return undefined;
    }
    if (!given.startsWith(this.#prefix)) return false;
    const filled = this.#parts.map((part) => (typeof part === "object" ? (variableValue(part, resolve) ?? "") : part));
    return compileGlob(filled.map((part) => this.#cased(part))).matches(given, steps);
  }

  #cased(part: GlobPart): GlobPart {
    return this.#ignoreCase && typeof part === "string" ? part.toLowerCase() : part;
  }
}

function variableValue({ name, key, fallback }: Variable, resolve: Resolve): string | undefined {
  return resolve(name, key) ?? fallback;
}

/**
 * Whether one of them matches or, for a negation, none does. What cannot be resolved makes both untrue: IAM takes such a
 * statement for invalid.
 */
export function someMatch<Item>(
  items: readonly Item[],
  negated: boolean,
  matches: (item: Item) => boolean | undefined,
): boolean {
  let unresolved = false;
  for (const item of items) {
    const matched = matches(item);
    if (matched === true) return !negated;
    if (matched === undefined) unresolved = true;
  }
  return negated && !unresolved;
}

const ESCAPES = ["*", "?", "$"];

function partsOf(source: string, { wildcards, variables }: PatternOptions): readonly (GlobPart | Variable)[] {
  const parts: (GlobPart | Variable)[] = [];
  let literal = "";
  const push = (part: GlobPart | Variable): void => {
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(part);
  };
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    const variable = variables && character === "$" ? variableAt(source, at) : undefined;
    if (variable !== undefined) {
      const { key } = variable.variable;
      if (ESCAPES.includes(key)) literal += key;
      else push(variable.variable);
      at = variable.end - 1;
    } else if (wildcards && character === "*") push(STAR);
    else if (wildcards && character === "?") push(ANY);
    else literal += character;
  }
  if (literal !== "") parts.push(literal);
  return parts;
}

const KEY = /\$\{([^${},']+|\$)/y;
const FALLBACK = /,\s*'([^']*)'\s*/y;

/** What begins at the dollar sign; undefined for text that is no variable. */
function variableAt(source: string, start: number): { readonly variable: Variable; readonly end: number } | undefined {
  KEY.lastIndex = start;
  const key = KEY.exec(source)?.[1]?.trim();
  if (key === undefined || key === "") return undefined;
  FALLBACK.lastIndex = KEY.lastIndex;
  const fallback = FALLBACK.exec(source)?.[1];
  const close = fallback === undefined ? KEY.lastIndex : FALLBACK.lastIndex;
  if (source.charAt(close) !== "}") return undefined;
  return { variable: { key, name: key.toLowerCase(), fallback }, end: close + 1 };
}
