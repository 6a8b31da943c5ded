/** Goal: the scanner accepts exactly what JSON.parse accepts. Method: random documents, each also with one byte changed. */
import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { jsonProblem } from "./json-scan.ts";
import { eventOf, eventProblem, problemText } from "./payload.ts";

function parses(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

test("it agrees with JSON.parse on random documents and on broken ones", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (value, at, byte, pretty) => {
      const sound = Buffer.from(JSON.stringify(value, undefined, pretty ? 2 : undefined));
      assert.equal(jsonProblem(sound), undefined);
      const bent = Buffer.from(sound);
      bent[at % bent.length] = byte;
      assert.equal(jsonProblem(bent) === undefined, parses(bent), bent.toString("latin1"));
      const cut = sound.subarray(0, at % sound.length);
      assert.equal(jsonProblem(cut) === undefined, parses(cut), cut.toString("latin1"));
    }),
    { numRuns: 3000 },
  );
});

test("it agrees with JSON.parse on texts made of JSON's own characters", () => {
  const letters = fc.constantFrom(...'{}[]:,"\\/-+.eE0123 \n\ttruefalsn\u00e4\u{1f600}u');
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 12 }), (parts) => {
      const bytes = Buffer.from(parts.join(""));
      assert.equal(jsonProblem(bytes) === undefined, parses(bytes), parts.join(""));
    }),
    { numRuns: 20_000 },
  );
});

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

test("problems that were recorded on AWS are told with its words, line and column", () => {
  const cases: readonly (readonly [Uint8Array | string, string, number, number])[] = [
    [Buffer.from([0x99]), `Unexpected character ((CTRL-CHAR, code 153)): expected a valid value ${VALUES}`, 1, 1],
    // What the AWS CLI makes of `{"body":…` when it takes that for base64.
    [Buffer.from([0x6e, 0x87, 0x72, 0x27]), "Invalid UTF-8 start byte 0x87", 1, 3],
    ["Hello World", `Unrecognized token 'Hello': was expecting ${VALUES}`, 1, 7],
    ["badbod", `Unrecognized token 'badbod': was expecting ${VALUES}`, 1, 7],
    ["2000-01-01", "Unexpected character ('-' (code 45)): Expected space separating root-level values", 1, 5],
    [
      "------Boundary",
      "Unexpected character ('-' (code 45)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value",
      1,
      2,
    ],
    ["{a: 1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", 1, 2],
    ['{"a":"b"t', "Unexpected character ('t' (code 116)): was expecting comma to separate Object entries", 1, 9],
  ];
  for (const [text, message, line, column] of cases) {
    assert.deepEqual(jsonProblem(Buffer.from(text)), { message, line, column }, String(text));
  }
});

test("every other problem is told in the words of the same parser", () => {
  const cases: readonly (readonly [Uint8Array | string, string | RegExp, number, number])[] = [
    ['{\n"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 2, 5],
    ["[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 4],
    ["[1", /^Unexpected end-of-input: expected close marker for Array \(start marker at .* column: 1\]\)$/, 1, 3],
    ['{"a":\n [[], [1, ', "Unexpected end-of-input within/between Array entries", 2, 11],
    ['{"a":\n [[], [1 ', /for Array \(start marker at .* line: 2, column: 7\]\)$/, 2, 10],
    ['{"a": [1}', /^Unexpected close marker '}': expected ']' \(for Array starting at .* column: 7\]\)$/, 1, 9],
    ["[1,]", "Unexpected character (']' (code 93)): expected a value", 1, 4],
    ['{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 1, 8],
    ['{"a":}', "Unexpected character ('}' (code 125)): expected a value", 1, 6],
    ["{€: 1}", "Unexpected character ('€' (code 8364 / 0x20ac)): was expecting double-quote to start field name", 1, 4],
    ["{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 1, 2],
    ["NaN", "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", 1, 4],
    ["nul", `Unrecognized token 'nul': was expecting ${VALUES}`, 1, 4],
    ["x".repeat(300), /^Unrecognized token 'x{256}\.\.\.': /, 1, 257],
    ["01", "Invalid numeric value: Leading zeroes not allowed", 1, 2],
    ["1.x", "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit", 1, 3],
    ["1ex", "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit", 1, 3],
    ['"a\nb"', /^Illegal unquoted character \(\(CTRL-CHAR, code 10\)\): .* to be included in string value$/, 1, 3],
    ['{"a\t', /to be included in name$/, 1, 4],
    ['"\\x"', "Unrecognized character escape 'x' (code 120)", 1, 3],
    ['"\\u12g4"', "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence", 1, 6],
    ['"abc', "Unexpected end-of-input in VALUE_STRING", 1, 5],
    ['{"', "Unexpected end-of-input: was expecting closing '\"' for name", 1, 3],
    ['{"a', "Unexpected end-of-input in field name", 1, 4],
    [Buffer.from([0x22, 0xc3, 0x28]), "Invalid UTF-8 middle byte 0x28", 1, 4],
    ["[1\u0001]", /^Illegal character \(\(CTRL-CHAR, code 1\)\): only regular white space \(\\r, \\n, \\t\)/, 1, 3],
    [" \n ", "No content to map due to end-of-input", 2, 2],
  ];
  for (const [text, message, line, column] of cases) {
    const problem = jsonProblem(Buffer.from(text));
    if (typeof message === "string") assert.equal(problem?.message, message, String(text));
    else assert.match(problem?.message ?? "", message);
    assert.deepEqual([problem?.line, problem?.column], [line, column], String(text));
  }
});

test("what is odd and still JSON is accepted: numbers out of range, double keys, lone surrogates", () => {
  for (const text of ["1e400", '{"a":1,"a":2}', '"\\ud800"', "-0", '"\u2028"', " [] \n"]) {
    assert.equal(jsonProblem(Buffer.from(text)), undefined, text);
  }
});

test("a document of great depth is scanned without recursion", () => {
  const depth = 500_000;
  assert.equal(jsonProblem(Buffer.from("[".repeat(depth) + "]".repeat(depth))), undefined);
  assert.notEqual(jsonProblem(Buffer.from("[".repeat(depth) + "}".repeat(depth))), undefined);
});

test("an event is checked the same whether it is short or long, and nothing becomes an empty object", () => {
  const long = Buffer.from(JSON.stringify({ text: "x".repeat(400_000) }));
  assert.equal(eventProblem(long), undefined);
  assert.notEqual(eventProblem(long.subarray(0, -1)), undefined);
  assert.equal(eventProblem(Buffer.from("{}")), undefined);
  assert.equal(Buffer.from(eventOf(undefined)).toString(), "{}");
  assert.equal(Buffer.from(eventOf(new Uint8Array())).toString(), "{}");
  assert.equal(Buffer.from(eventOf(Buffer.from("\ufeff[1]"))).toString(), "[1]");
  assert.match(
    problemText({ message: "M", line: 2, column: 3 }),
    /^Could not parse request body into json: Could not parse payload into json: M\n at \[Source: REDACTED .*line: 2, column: 3\]$/,
  );
});
