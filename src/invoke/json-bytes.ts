/**
 * Single characters of a JSON text in UTF-8, as the parser of AWS's front end (Jackson) reads and describes them: escapes,
 * multi-byte sequences, what may stand in a word. Knows no grammar.
 */

export function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** What may begin a word, as a Java identifier: a byte counts as the Latin-1 character of its number. */
export function beginsWord(byte: number): boolean {
  return byte < 0x80 ? /[A-Za-z_$]/.test(String.fromCharCode(byte)) : /[\p{L}\p{Sc}\p{Pc}]/u.test(latin1(byte));
}

/** What may go on with a word, invisible characters included. */
export function continuesWord(codePoint: number): boolean {
  if (codePoint > 0xffff) return false;
  const text = String.fromCharCode(codePoint);
  return /[\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Sc}\p{Pc}\p{Cf}]/u.test(text) || isIgnorable(codePoint);
}

function isIgnorable(codePoint: number): boolean {
  return codePoint <= 8 || (codePoint >= 0x0e && codePoint <= 0x1b) || (codePoint >= 0x7f && codePoint <= 0x9f);
}

/** A character or byte as it stands in messages. */
export function describe(codePoint: number): string {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return `(CTRL-CHAR, code ${codePoint})`;
  const wide = codePoint > 0xff ? ` / 0x${codePoint.toString(16)}` : "";
  return `'${String.fromCharCode(codePoint & 0xffff)}' (code ${codePoint}${wide})`;
}

/** Bytes of the UTF-8 sequence at `at`; 0 for a wrong first byte, minus n when the byte n further is wrong or missing. */
export function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
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

/** Bytes of the escape sequence at `at`, which begins with a backslash; minus n when the byte n further is wrong or missing. */
export function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1];
  if (kind === undefined) return -1;
  if (kind !== 117) return '"\\/bfnrt'.includes(String.fromCharCode(kind)) ? 2 : -1;
  for (let index = 2; index < 6; index += 1) {
    if (!/[0-9A-Fa-f]/.test(String.fromCharCode(bytes[at + index] ?? 0))) return -index;
  }
  return 6;
}

function latin1(byte: number): string {
  return String.fromCharCode(byte);
}
