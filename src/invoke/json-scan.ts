/**
 * Finds the first byte at which a text stops being JSON, without building what it describes: memory stays flat for a
 * 6 MB payload, and nothing in it can make this slow or deep. Texts and positions of the problems are those of the parser
 * that AWS's front end uses (Jackson), as recorded or as that parser words them.
 */
import { beginsWord, continuesWord, describe, escapeLength, isDigit, sequenceLength } from "./json-bytes.ts";

export interface JsonProblem {
  readonly message: string;
  /** Both count from 1; columns count bytes. */
  readonly line: number;
  readonly column: number;
}

/** A position as the parser that words the problems tells it. */
export function place({ line, column }: Pick<JsonProblem, "line" | "column">): string {
  return `[Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${column}]`;
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const WORDS = ["true", "false", "null"];
/** Of a word that is none. */
const WORD_LENGTH_MAX = 256;

const BYTE = {
  tab: 9,
  lineFeed: 10,
  carriageReturn: 13,
  space: 32,
  quote: 34,
  plus: 43,
  comma: 44,
  minus: 45,
  point: 46,
  zero: 48,
  colon: 58,
  openArray: 91,
  backslash: 92,
  closeArray: 93,
  openObject: 123,
  closeObject: 125,
} as const;

type Expecting = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "end";

/** A message and the index of the byte whose position is told. */
interface Finding {
  readonly message: string;
  readonly at: number;
}

/** Undefined when `bytes` are one JSON value in UTF-8, with white space around it. Empty input is a problem. */
export function jsonProblem(bytes: Uint8Array): JsonProblem | undefined {
  const scanner = new Scanner(bytes);
  const finding = scanner.run();
  return finding === undefined ? undefined : { message: finding.message, ...scanner.position(finding.at) };
}

function positionOf(
  bytes: Uint8Array,
  at: number,
  reached: number,
): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let index = bytes.indexOf(BYTE.lineFeed); index >= 0 && index < reached; ) {
    line += 1;
    lineStart = index + 1;
    index = bytes.indexOf(BYTE.lineFeed, lineStart);
  }
  return { line, column: at - lineStart + 1 };
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** One bit per open container, 1 for objects; grows with the depth. */
  #stack = new Uint8Array(64);
  #depth = 0;
  readonly #watchedDepth: number;
  /** Where the last container of the watched depth begins. */
  #watchedStart = 0;

  constructor(bytes: Uint8Array, watchedDepth = 0) {
    this.#bytes = bytes;
    this.#watchedDepth = watchedDepth;
  }

  /** Lines end before the place that the scan has reached: what it looked at last is told as part of its line. */
  position(at: number): { readonly line: number; readonly column: number } {
    return positionOf(this.#bytes, at, this.#at);
  }

  /** The first problem, with `#at` at the byte, word or end where it was found. */
  run(): Finding | undefined {
    let expecting: Expecting = "value";
    for (;;) {
      this.#skipSpace();
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return expecting === "end" ? undefined : this.#endOfInput(expecting);
      if (byte < BYTE.space) {
        return this.#here(
          `Illegal character (${describe(byte)}): only regular white space (\\r, \\n, \\t) is allowed between tokens`,
        );
      }
      const next: Expecting | Finding = this.#step(expecting, byte);
      if (typeof next === "object") return next;
      expecting = next;
    }
  }

  #step(expecting: Expecting, byte: number): Expecting | Finding {
    switch (expecting) {
      case "value-or-end":
      case "value":
        if (byte === BYTE.closeArray && expecting === "value-or-end") return this.#close();
        if (byte === BYTE.openArray || byte === BYTE.openObject) return this.#open(byte === BYTE.openObject);
        if (byte === BYTE.closeObject && expecting === "value-or-end") return this.#mismatch(byte);
        return this.#scalar(byte) ?? (this.#depth === 0 ? "end" : "comma-or-end");
      case "key-or-end":
      case "key":
        if (byte === BYTE.closeObject && expecting === "key-or-end") return this.#close();
        if (byte === BYTE.closeArray && expecting === "key-or-end") return this.#mismatch(byte);
        if (byte !== BYTE.quote) return this.#oddName();
        return this.#string("name") ?? "colon";
      case "colon":
        if (byte !== BYTE.colon) return this.#unexpected("was expecting a colon to separate field name and value");
        this.#at += 1;
        return "value";
      case "comma-or-end":
        return this.#commaOrEnd(byte);
      case "end":
        return this.#unexpected(`expected a valid value ${VALUES}`);
    }
  }

  #commaOrEnd(byte: number): Expecting | Finding {
    const object = this.#inObject();
    if (byte === BYTE.comma) {
      this.#at += 1;
      return object ? "key" : "value";
    }
    if (byte === (object ? BYTE.closeObject : BYTE.closeArray)) return this.#close();
    if (byte === BYTE.closeArray || byte === BYTE.closeObject) return this.#mismatch(byte);
    return this.#unexpected(`was expecting comma to separate ${object ? "Object" : "Array"} entries`);
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      const space = byte === BYTE.space || byte === BYTE.lineFeed || byte === BYTE.carriageReturn || byte === BYTE.tab;
      if (!space) return;
      this.#at += 1;
    }
  }

  #open(object: boolean): Expecting {
    const index = this.#depth >>> 3;
    if (index >= this.#stack.length) {
      const grown = new Uint8Array(this.#stack.length * 2);
      grown.set(this.#stack);
      this.#stack = grown;
    }
    const bit = 1 << (this.#depth & 7);
    const byte = this.#stack[index] ?? 0;
    this.#stack[index] = object ? byte | bit : byte & ~bit;
    this.#depth += 1;
    if (this.#depth === this.#watchedDepth) this.#watchedStart = this.#at;
    this.#at += 1;
    return object ? "key-or-end" : "value-or-end";
  }

  #close(): Expecting {
    this.#depth -= 1;
    this.#at += 1;
    return this.#depth === 0 ? "end" : "comma-or-end";
  }

  #inObject(): boolean {
    const top = this.#depth - 1;
    return ((this.#stack[top >>> 3] ?? 0) & (1 << (top & 7))) !== 0;
  }

  #scalar(byte: number): Finding | undefined {
    if (byte === BYTE.quote) return this.#string("string value");
    if (byte === BYTE.minus || isDigit(byte)) return this.#number();
    // The parser takes a comma or a closing bracket for a value that was forgotten.
    const misplaced = byte === BYTE.comma || byte === BYTE.closeObject || (byte === BYTE.closeArray && this.#inArray());
    if (misplaced) return this.#unexpected("expected a value");
    return beginsWord(byte) ? this.#word() : this.#unexpected(`expected a valid value ${VALUES}`);
  }

  #inArray(): boolean {
    return this.#depth > 0 && !this.#inObject();
  }

  #word(): Finding | undefined {
    let end = this.#at;
    let word = "";
    // The first byte counts as a character of its own where no word of JSON begins with it.
    let byte = this.#bytes[end];
    if (byte !== undefined && byte >= 0x80) {
      word = String.fromCharCode(byte);
      end += 1;
    }
    for (;;) {
      byte = this.#bytes[end];
      const length = sequenceLength(this.#bytes, end);
      if (byte === undefined || word.length >= WORD_LENGTH_MAX) break;
      if (length <= 0) return this.#badSequence(end, length);
      const codePoint =
        Buffer.from(this.#bytes.subarray(end, end + length))
          .toString()
          .codePointAt(0) ?? 0;
      if (!continuesWord(codePoint)) break;
      word += String.fromCharCode(codePoint);
      end += length;
    }
    if (WORDS.includes(word)) {
      this.#at = end;
      return undefined;
    }
    const shown = word.length >= WORD_LENGTH_MAX ? `${word}...` : word;
    if (shown === "NaN" || shown === "Infinity") {
      const message = `Non-standard token '${shown}': enable \`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS\` to allow`;
      return { message, at: end };
    }
    // The parser has read one byte more, which told it that the word is over.
    const at = byte === undefined || word.length >= WORD_LENGTH_MAX ? end : end + sequenceLength(this.#bytes, end);
    return { message: `Unrecognized token '${shown}': was expecting ${VALUES}`, at };
  }

  #number(): Finding | undefined {
    if (this.#bytes[this.#at] === BYTE.minus) {
      this.#at += 1;
      if (!isDigit(this.#byte()))
        return this.#inNumber("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    const zero = this.#byte() === BYTE.zero;
    this.#at += 1;
    if (zero && isDigit(this.#byte())) return this.#here("Invalid numeric value: Leading zeroes not allowed");
    this.#skipDigits();
    if (this.#byte() === BYTE.point) {
      this.#at += 1;
      if (!this.#skipDigits()) return this.#inNumber("Decimal point not followed by a digit");
    }
    if (this.#byte() === 69 || this.#byte() === 101) {
      this.#at += 1;
      if (this.#byte() === BYTE.plus || this.#byte() === BYTE.minus) this.#at += 1;
      if (!this.#skipDigits()) return this.#inNumber("Exponent indicator not followed by a digit");
    }
    const after = this.#bytes[this.#at];
    const separators: readonly (number | undefined)[] = [
      undefined,
      BYTE.space,
      BYTE.tab,
      BYTE.lineFeed,
      BYTE.carriageReturn,
    ];
    return this.#depth > 0 || separators.includes(after)
      ? undefined
      : this.#unexpected("Expected space separating root-level values");
  }

  #byte(): number {
    return this.#bytes[this.#at] ?? -1;
  }

  #skipDigits(): boolean {
    const start = this.#at;
    while (isDigit(this.#byte())) this.#at += 1;
    return this.#at > start;
  }

  #string(what: "name" | "string value"): Finding | undefined {
    const bytes = this.#bytes;
    const first = this.#at + 1;
    let at = first;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) {
        const where = at === first ? ": was expecting closing '\"' for name" : " in field name";
        return { message: `Unexpected end-of-input${what === "name" ? where : " in VALUE_STRING"}`, at };
      }
      if (byte === BYTE.quote) {
        this.#at = at + 1;
        return undefined;
      }
      if (byte < BYTE.space) {
        const message = `Illegal unquoted character (${describe(byte)}): has to be escaped using backslash to be included in ${what}`;
        return { message, at };
      }
      const length = byte === BYTE.backslash ? escapeLength(bytes, at) : sequenceLength(bytes, at);
      if (length <= 0) return byte === BYTE.backslash ? this.#badEscape(at, -length) : this.#badSequence(at, length);
      at += length;
    }
  }

  #badEscape(start: number, offset: number): Finding {
    this.#at = start + offset;
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return this.#here("Unexpected end-of-input in character escape sequence");
    if (offset > 1) return this.#unexpected("expected a hex-digit for character escape sequence");
    return this.#here(`Unrecognized character escape ${describe(byte)}`);
  }

  #badSequence(start: number, length: number): Finding {
    const wrong = start - length;
    const byte = this.#bytes[wrong];
    if (byte === undefined) return { message: "Unexpected end-of-input in VALUE_STRING", at: wrong };
    const where = length === 0 ? "start" : "middle";
    return { message: `Invalid UTF-8 ${where} byte 0x${byte.toString(16)}`, at: wrong + 1 };
  }

  /** A name without its quote; a character of several bytes is read whole before it is refused. */
  #oddName(): Finding {
    const length = sequenceLength(this.#bytes, this.#at);
    if (length <= 0) return this.#badSequence(this.#at, length);
    const character = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length)).toString();
    const message = `Unexpected character (${describe(character.codePointAt(0) ?? 0)}): was expecting double-quote to start field name`;
    return { message, at: this.#at + length - 1 };
  }

  #mismatch(byte: number): Finding {
    const [expected, type] = this.#inObject() ? ["}", "Object"] : ["]", "Array"];
    const found = String.fromCharCode(byte);
    return this.#tellingStart(
      (start) => `Unexpected close marker '${found}': expected '${expected}' (for ${type} starting at ${start})`,
    );
  }

  #endOfInput(expecting: Expecting): Finding {
    if (this.#depth === 0) return this.#here("No content to map due to end-of-input");
    const container = this.#inObject() ? "Object" : "Array";
    return expecting === "comma-or-end" || expecting === "value-or-end" || expecting === "key-or-end"
      ? this.#tellingStart(
          (start) => `Unexpected end-of-input: expected close marker for ${container} (start marker at ${start})`,
        )
      : this.#here(`Unexpected end-of-input within/between ${container} entries`);
  }

  /** A message with the place where the innermost open container begins: a second scan finds it, the first keeps none. */
  #tellingStart(message: (start: string) => string): Finding {
    if (this.#watchedDepth > 0) return this.#here("");
    const again = new Scanner(this.#bytes, this.#depth);
    again.run();
    return this.#here(message(place(positionOf(this.#bytes, again.#watchedStart, again.#watchedStart))));
  }

  #inNumber(comment: string): Finding {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return this.#here("Unexpected end-of-input in a Number value");
    return this.#here(`Unexpected character (${describe(byte)}) in numeric value: ${comment}`);
  }

  #unexpected(comment: string): Finding {
    return this.#here(`Unexpected character (${describe(this.#byte())}): ${comment}`);
  }

  #here(message: string): Finding {
    return { message, at: this.#at };
  }
}
