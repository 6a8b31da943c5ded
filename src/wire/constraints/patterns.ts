/**
 * The models' patterns, which are Java's, as matchers that hostile input can not slow down: RE2 wherever it can express
 * them, which is linear in the input. The few with lookaround are listed here one by one; each was read and is linear in
 * V8's engine too, because it is anchored at both ends and no repetition can match the same text in two ways.
 */
import { RE2JS } from "re2js";

export type Matcher = (text: string) => boolean;

const REVIEWED_NATIVE: ReadonlySet<string> = new Set([
  "(?!^[0-9]+$)([a-zA-Z0-9-_]+)",
  String.raw`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`,
  String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]{1,64})(:((?!\d+$)[0-9a-zA-Z-_]+))?`,
  String.raw`((?!^\d+$)^[0-9a-zA-Z-_]+$)`,
  String.raw`[0-9A-Za-z\.\-_]*(?<!\.)`,
  "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
  String.raw`^(?!\s*$).+`,
  "^(?!aws:)[a-zA-Z+-=._:/]+$",
  String.raw`^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$`,
]);

/** Longer texts are not worth keeping. */
const REMEMBERED_LENGTH_MAX = 256;

/** Whether the whole text matches. @throws Error for a pattern that is neither RE2's nor reviewed */
export function compilePattern(pattern: string): Matcher {
  if (REVIEWED_NATIVE.has(pattern)) {
    const regexp = new RegExp(`^(?:${pattern})$`);
    return (text) => regexp.test(text);
  }
  const compiled = RE2JS.compile(toRe2(pattern));
  // Names come again and again, and RE2 in JavaScript is slow.
  let lastMatch: string | undefined;
  return (text) => {
    if (text === lastMatch) return true;
    if (!compiled.matches(text)) return false;
    if (text.length <= REMEMBERED_LENGTH_MAX) lastMatch = text;
    return true;
  };
}

/** Java's escapes in RE2's spelling; the models write characters beyond the BMP as surrogate pairs. */
function toRe2(pattern: string): string {
  return pattern
    .replaceAll(String.raw`\uD800\uDC00-\uDBFF\uDFFF`, String.raw`\x{10000}-\x{10FFFF}`)
    .replaceAll(String.raw`\u10000-\u10FFFF`, String.raw`\x{10000}-\x{10FFFF}`)
    .replaceAll(String.raw`\p{Print}`, "[[:print:]]")
    .replace(/\\u([0-9A-Fa-f]{4})/g, String.raw`\x{$1}`);
}
