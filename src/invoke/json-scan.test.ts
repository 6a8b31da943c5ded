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

test("problems are told in the front end's words, with line and column", () => {
  const cases: readonly (readonly [Uint8Array | string, string, number, number])[] = [
    [
      Buffer.from([0x99]),
      "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      1,
      1,
    ],
    [Buffer.from([0x7b, 0x22, 0x87]), "Invalid UTF-8 start byte 0x87", 1, 3],
    ["{a: 1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", 1, 2],
    [
      "hello",
      "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      1,
      1,
    ],
    ['{\n"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 2, 5],
    ["[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 4],
    ["[1", "Unexpected end-of-input: expected close marker for Array", 1, 3],
  ];
  for (const [text, message, line, column] of cases) {
    assert.deepEqual(jsonProblem(Buffer.from(text)), { message, line, column });
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
  assert.match(
    problemText({ message: "M", line: 2, column: 3 }),
    /^Could not parse request body into json: Could not parse payload into json: M\n at \[Source: REDACTED .*line: 2, column: 3\]$/,
  );
});
