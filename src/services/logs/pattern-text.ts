/** Reading a filter pattern: a cursor over its text, quoted strings, regular expressions, and their errors. */
import { RE2JS, RE2JSException } from "re2js";

/** What is wrong with a pattern, for its author. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** A place in the text of a pattern. Every method that takes something moves past it. */
export class PatternText {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = 0;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The character here, or "" at the end. */
  get next(): string {
    return this.#text.charAt(this.#at);
  }

  skipSpace(): void {
    this.takeWhile(/\s/);
  }

  startsWith(literal: string): boolean {
    return this.#text.startsWith(literal, this.#at);
  }

  /** Takes `literal` when it is here. */
  accept(literal: string): boolean {
    if (!this.startsWith(literal)) return false;
    this.#at += literal.length;
    return true;
  }

  /** Takes a keyword in any case when it is here as a whole word. */
  acceptWord(word: string): boolean {
    const end = this.#at + word.length;
    if (this.#text.slice(this.#at, end).toUpperCase() !== word || /[A-Za-z0-9_]/.test(this.#text.charAt(end))) {
      return false;
    }
    this.#at = end;
    return true;
  }

  expect(literal: string): void {
    if (!this.accept(literal)) throw new PatternError(`expected ${literal} at position ${this.#at}`);
  }

  /** The longest run of characters that each match `one`. */
  takeWhile(one: RegExp): string {
    const start = this.#at;
    while (!this.isAtEnd && one.test(this.next)) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** A string in double quotes, where `\"` is a quote and `\\` a backslash. */
  takeQuoted(): string {
    this.expect('"');
    let content = "";
    for (;;) {
      if (this.isAtEnd) throw new PatternError("a quotation mark is not closed");
      const character = this.next;
      this.#at++;
      if (character === '"') return content;
      if (character === "\\" && (this.next === '"' || this.next === "\\")) {
        content += this.next;
        this.#at++;
      } else {
        content += character;
      }
    }
  }

  /** A regular expression between percent signs. */
  takeRegex(): (text: string) => boolean {
    this.expect("%");
    const source = this.takeWhile(/[^%]/);
    if (!this.accept("%")) throw new PatternError("a regular expression is not closed with %");
    return compileRegex(source);
  }
}

/** What AWS allows inside `%…%`; parentheses and characters beyond ASCII are not among it. */
const REGEX_CHARACTERS = /^[A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+. ]+$/;

function compileRegex(source: string): (text: string) => boolean {
  if (!REGEX_CHARACTERS.test(source))
    throw new PatternError("a regular expression has characters that are not allowed");
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.matcher(text).find();
  } catch (error) {
    if (error instanceof RE2JSException) throw new PatternError(`a regular expression is not valid: ${error.message}`);
    throw error;
  }
}
