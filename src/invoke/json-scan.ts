/**
 * Finds the first byte at which a text stops being JSON, without building what it describes: memory stays flat for a
 * 6 MB payload, and nothing in it can make this slow or deep. Texts of the problems are those of the parser that AWS's
 * front end uses (Jackson), as recorded or as that parser words them.
 */

export interface JsonProblem {
  readonly message: string;
  /** Both count from 1; columns count bytes. */
  readonly line: number;
  readonly column: number;
}

const VALID_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const BYTE = {
  tab: 9,
  lineFeed: 10,
  carriageReturn: 13,
  space: 32,
  quote: 34,
  comma: 44,
  minus: 45,
  colon: 58,
} as const;
const POINT = 46;
const ZERO = 48;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

type Expecting = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "end";

/** Undefined when `bytes` are one JSON value in UTF-8, with white space around it. Empty input is a problem. */
export function jsonProblem(bytes: Uint8Array): JsonProblem | undefined {
  const scanner = new Scanner(bytes);
  const failure = scanner.run();
  return failure === undefined ? undefined : { message: failure, ...scanner.position() };
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** One bit per open container, 1 for objects; grows with the depth. */
  #stack = new Uint8Array(64);
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  position(): { readonly line: number; readonly column: number } {
    let line = 1;
    let lineStart = 0;
    for (let index = this.#bytes.indexOf(BYTE.lineFeed); index >= 0 && index < this.#at; ) {
      line += 1;
      lineStart = index + 1;
      index = this.#bytes.indexOf(BYTE.lineFeed, lineStart);
    }
    return { line, column: this.#at - lineStart + 1 };
  }

  /** The message of the first problem, with `#at` on the offending byte. */
  run(): string | undefined {
    let expecting: Expecting = "value";
    for (;;) {
      this.#skipSpace();
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return expecting === "end" ? undefined : this.#endOfInput(expecting);
      switch (expecting) {
        case "value-or-end":
        case "value": {
          if (byte === CLOSE_ARRAY && expecting === "value-or-end") {
            expecting = this.#close();
            break;
          }
          const opened = byte === OPEN_ARRAY || byte === OPEN_OBJECT;
          if (opened) {
            this.#open(byte === OPEN_OBJECT);
            expecting = byte === OPEN_OBJECT ? "key-or-end" : "value-or-end";
            break;
          }
          const problem = this.#scalar(byte);
          if (problem !== undefined) return problem;
          expecting = this.#depth === 0 ? "end" : "comma-or-end";
          break;
        }
        case "key-or-end":
        case "key": {
          if (byte === CLOSE_OBJECT && expecting === "key-or-end") {
            expecting = this.#close();
            break;
          }
          if (byte !== BYTE.quote) return `${unexpected(byte)}: was expecting double-quote to start field name`;
          const problem = this.#string();
          if (problem !== undefined) return problem;
          expecting = "colon";
          break;
        }
        case "colon":
          if (byte !== BYTE.colon) return `${unexpected(byte)}: was expecting a colon to separate field name and value`;
          this.#at += 1;
          expecting = "value";
          break;
        case "comma-or-end": {
          const object = this.#inObject();
          if (byte === BYTE.comma) {
            this.#at += 1;
            expecting = object ? "key" : "value";
          } else if (byte === (object ? CLOSE_OBJECT : CLOSE_ARRAY)) {
            expecting = this.#close();
          } else {
            return `${unexpected(byte)}: was expecting comma to separate ${object ? "Object" : "Array"} entries`;
          }
          break;
        }
        case "end":
          return `${unexpected(byte)}: expected a valid value ${VALID_VALUE}`;
      }
    }
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      const space = byte === BYTE.space || byte === BYTE.lineFeed || byte === BYTE.carriageReturn || byte === BYTE.tab;
      if (!space) return;
      this.#at += 1;
    }
  }

  #open(object: boolean): void {
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
    this.#at += 1;
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

  #scalar(byte: number): string | undefined {
    if (byte === BYTE.quote) return this.#string();
    if (byte === BYTE.minus || isDigit(byte)) return this.#number();
    if (isLetter(byte)) return this.#word();
    return `${unexpected(byte)}: expected a valid value ${VALID_VALUE}`;
  }

  #word(): string | undefined {
    let end = this.#at;
    while (isLetter(this.#bytes[end] ?? 0) || isDigit(this.#bytes[end] ?? 0)) end += 1;
    const word = Buffer.from(this.#bytes.subarray(this.#at, Math.min(end, this.#at + 256))).toString("latin1");
    if (word !== "true" && word !== "false" && word !== "null") {
      return `Unrecognized token '${word}': was expecting ${VALID_VALUE}`;
    }
    this.#at = end;
    return undefined;
  }

  #number(): string | undefined {
    if (this.#bytes[this.#at] === BYTE.minus) this.#at += 1;
    if (this.#bytes[this.#at] === ZERO && isDigit(this.#bytes[this.#at + 1] ?? 0)) {
      return "Invalid numeric value: Leading zeroes not allowed";
    }
    const problem = this.#digits();
    if (problem !== undefined) return problem;
    if (this.#bytes[this.#at] === POINT) {
      this.#at += 1;
      const fraction = this.#digits();
      if (fraction !== undefined) return fraction;
    }
    const exponent = this.#bytes[this.#at];
    if (exponent === 69 || exponent === 101) {
      this.#at += 1;
      const sign = this.#bytes[this.#at];
      if (sign === 43 || sign === BYTE.minus) this.#at += 1;
      return this.#digits();
    }
    return undefined;
  }

  #digits(): string | undefined {
    const start = this.#at;
    while (isDigit(this.#bytes[this.#at] ?? 0)) this.#at += 1;
    if (this.#at > start) return undefined;
    const byte = this.#bytes[this.#at];
    return byte === undefined
      ? "Unexpected end-of-input in a Number value"
      : `${unexpected(byte)}: expected digit (0-9)`;
  }

  #string(): string | undefined {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === BYTE.quote) {
        this.#at = at + 1;
        return undefined;
      }
      if (byte === undefined) {
        this.#at = at;
        return "Unexpected end-of-input: was expecting closing quote for a string value";
      }
      if (byte < BYTE.space) {
        this.#at = at;
        return `Illegal unquoted character (${describe(byte)}): has to be escaped using backslash to be included in string value`;
      }
      if (byte === BACKSLASH) {
        const length = escapeLength(bytes, at);
        if (length === 0) {
          this.#at = at + 1;
          const next = bytes[at + 1];
          return next === undefined
            ? "Unexpected end-of-input in character escape sequence"
            : `Unrecognized character escape ${describe(next)}`;
        }
        at += length;
      } else if (byte < 0x80) {
        at += 1;
      } else {
        const length = sequenceLength(bytes, at);
        if (length <= 0) {
          this.#at = at - length;
          const wrong = `0x${(bytes[this.#at] ?? 0).toString(16)}`;
          return length === 0 ? `Invalid UTF-8 start byte ${wrong}` : `Invalid UTF-8 middle byte ${wrong}`;
        }
        at += length;
      }
    }
  }

  #endOfInput(expecting: Expecting): string {
    if (this.#depth === 0) return "No content to map due to end-of-input";
    const container = this.#inObject() ? "Object" : "Array";
    if (expecting === "comma-or-end" || expecting === "value-or-end" || expecting === "key-or-end") {
      return `Unexpected end-of-input: expected close marker for ${container}`;
    }
    return `Unexpected end-of-input within/between ${container} entries`;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isLetter(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95 || byte === 36;
}

function unexpected(byte: number): string {
  return `Unexpected character (${describe(byte)})`;
}

function describe(byte: number): string {
  const control = byte < BYTE.space || (byte >= 127 && byte < 160);
  return control ? `(CTRL-CHAR, code ${byte})` : `'${String.fromCharCode(byte)}' (code ${byte})`;
}

/** Bytes of the escape sequence at `at`; 0 when it is none. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1];
  if (kind === undefined) return 0;
  if (kind !== 117) return '"\\/bfnrt'.includes(String.fromCharCode(kind)) ? 2 : 0;
  for (let index = at + 2; index < at + 6; index += 1) {
    const digit = bytes[index] ?? 0;
    const hex = isDigit(digit) || (digit >= 97 && digit <= 102) || (digit >= 65 && digit <= 70);
    if (!hex) return 0;
  }
  return 6;
}

/** Bytes of the UTF-8 sequence at `at`; 0 for a wrong first byte, minus n when the byte n further is wrong. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    const low = index > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = index > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (byte < low || byte > high) return -index;
  }
  return length;
}
