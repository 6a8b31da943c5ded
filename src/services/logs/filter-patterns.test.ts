/** Filter patterns: the forms of AWS's documentation, one sentence each, then what hostile ones cost. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compileFilterPattern } from "./filter-patterns.ts";

/** The messages that match. */
function matching(pattern: string, ...messages: readonly string[]): readonly string[] {
  return messages.filter(compileFilterPattern(pattern));
}

describe("term patterns", () => {
  it("match everything when empty or blank", () => {
    assert.deepEqual(matching("", "a", ""), ["a", ""]);
    assert.deepEqual(matching(" ", "a"), ["a"]);
  });

  it("find every term anywhere in the text, in any order, minding case", () => {
    assert.deepEqual(matching("ERROR ARGS", "ARGS ERRORS", "ERROR", "error args"), ["ARGS ERRORS"]);
  });

  it("find a quoted phrase exactly", () => {
    assert.deepEqual(matching('"SERVER ERROR"', "INTERNAL SERVER ERROR", "ERROR SERVER"), ["INTERNAL SERVER ERROR"]);
    assert.deepEqual(matching('"a \\"b\\""', 'say a "b"', "say a b"), ['say a "b"']);
  });

  it("find any of the optional terms, and ignore them beside others", () => {
    assert.deepEqual(matching("?ERROR ?WARN", "ERROR 1", "WARN 2", "INFO 3"), ["ERROR 1", "WARN 2"]);
    assert.deepEqual(matching("?WARN ERROR", "ERROR 1", "WARN 2"), ["ERROR 1"]);
  });

  it("leave out what has an excluded term", () => {
    assert.deepEqual(matching("ERROR -ARGS", "ERROR 1", "ERROR ARGS"), ["ERROR 1"]);
    assert.deepEqual(matching('-"health check"', "health check", "other"), ["other"]);
  });

  it("take a regular expression between percent signs", () => {
    assert.deepEqual(matching("%AUTHORIZED|4\\d\\d%", "UNAUTHORIZED", "status 404", "status 5xx"), [
      "UNAUTHORIZED",
      "status 404",
    ]);
    for (const pattern of ["%(a)%", "%a", "%[%", "%é%"]) {
      assert.throws(() => compileFilterPattern(pattern), { name: "InvalidParameterException" });
    }
  });
});

describe("JSON patterns", () => {
  const event = JSON.stringify({
    level: "ERROR",
    latency: 42.5,
    ok: true,
    user: null,
    tags: ["slow", "cold"],
    items: [{ id: 1 }, { id: 2 }],
    "a.b": "dotted",
    ip: "123.123.12.1",
  });
  const holds = (pattern: string, message = event): boolean => compileFilterPattern(pattern)(message);

  it("compare strings, numbers and wildcards", () => {
    assert.ok(holds('{ $.level = "ERROR" }'));
    assert.ok(holds("{ $.level = ERR* }"));
    assert.ok(holds("{ $.ip = 123.123.* }"));
    assert.ok(!holds("{ $.ip != 123.123.* }"));
    assert.ok(holds("{ $.latency > 4.2e+1 }"));
    assert.ok(!holds("{ $.latency <= 42 }"));
    assert.ok(holds("{ $.level = %^ERR% }"));
  });

  it("reach into members, items and quoted names", () => {
    assert.ok(holds("{ $.items[1].id = 2 }"));
    assert.ok(holds('{ $.tags[*] = "cold" }'));
    assert.ok(holds("{ $.['a.b'] = dotted }"));
    assert.ok(!holds("{ $.items = 1 }"), "an array is no scalar");
    assert.ok(!holds("{ $.constructor = * }"), "inherited members are not the event's");
  });

  it("ask for null, truth and absence", () => {
    assert.ok(holds("{ $.user IS NULL }"));
    assert.ok(holds("{ $.ok is true }"));
    assert.ok(holds("{ $.none NOT EXISTS }"));
    assert.ok(!holds("{ $.user NOT EXISTS }"));
    assert.ok(!holds('{ $.none != "x" }'), "a missing member differs from nothing");
  });

  it("bind && before || and keep parentheses", () => {
    assert.ok(holds("{ $.ok IS TRUE || $.ok IS FALSE && $.none = 1 }"));
    assert.ok(!holds("{ ($.ok IS TRUE || $.ok IS FALSE) && $.none = 1 }"));
  });

  it("never match what is not one JSON value", () => {
    assert.ok(!holds("{ $.a NOT EXISTS }", "plain text"));
    assert.ok(!holds("{ $.a NOT EXISTS }", '{"a":1} trailing'));
  });

  it("refuse too many wildcards and broken syntax", () => {
    for (const pattern of [
      "{ $.a[*].b[*] = 1 }",
      "{ $.a.* = 1 && $.b.* = 1 && $.c.* = 1 && $.d.* = 1 }",
      "{ $.a = }",
      "{ $.a = 1",
      "{ $ = 1 }",
      "{ a = 1 }",
      '{ $.a < "x" }',
      "{ $.a NOT }",
      "{ ($.a = 1 }",
      "{}",
    ]) {
      assert.throws(() => compileFilterPattern(pattern), { name: "InvalidParameterException" }, pattern);
    }
  });
});

describe("space-delimited patterns", () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  const holds = (pattern: string, message = line): boolean => compileFilterPattern(pattern)(message);

  it("give each field its place, with brackets and quotes as one field", () => {
    assert.ok(holds("[ip, identity, user, time, request, status = 404, bytes]"));
    assert.ok(holds("[ip, identity, user, time, request = *index*, status = 4*, bytes > 1000]"));
    assert.ok(!holds("[ip, identity, user, time, request, status, bytes > 2000]"));
  });

  it("want as many fields as the pattern has, unless the last takes the rest", () => {
    assert.ok(!holds("[ip, user]", "1.1.1.1"));
    assert.ok(holds("[ip, user]", "1.1.1.1 frank and more"));
    assert.ok(!holds("[ip, user = frank]", "1.1.1.1 frank and more"));
    assert.ok(holds("[w1 = ERROR, w2]", "ERROR something went wrong"));
  });

  it("let ... stand for any number of fields", () => {
    assert.ok(holds("[..., status = 4*, bytes]"));
    assert.ok(holds("[ip, ..., bytes = 1534]"));
    assert.ok(holds("[ip = 127.*, ...]"));
    assert.ok(!holds("[..., status = 5*, bytes]"));
  });

  it("combine conditions on one field", () => {
    assert.ok(holds("[w1 = ERROR || w1 = WARN, w2]", "WARN x"));
    assert.ok(!holds("[w1 != ERROR && w1 != WARN, w2]", "WARN x"));
    assert.throws(() => compileFilterPattern("[w1 = A || w2 = B]"), { name: "InvalidParameterException" });
  });
});

describe("hostile patterns and messages", () => {
  it("either compile or are refused by name, and then match without throwing", () => {
    const snippet = fc.constantFrom(
      ..."{}[]()$.*'\"%?-&|=!<>, \\",
      "$.a",
      "IS NULL",
      "NOT EXISTS",
      "...",
      "&&",
      "||",
      "1e9",
    );
    const pattern = fc.array(fc.oneof(snippet, fc.string({ maxLength: 5 })), { maxLength: 30 });
    fc.assert(
      fc.property(pattern, fc.string(), fc.json(), (parts, message, json) => {
        let matches: (message: string) => boolean;
        try {
          matches = compileFilterPattern(parts.join(""));
        } catch (error) {
          assert.ok(error instanceof Error);
          assert.equal(error.name, "InvalidParameterException");
          return;
        }
        assert.equal(typeof matches(message), "boolean");
        assert.equal(typeof matches(json), "boolean");
      }),
      { numRuns: 2000 },
    );
  });

  it("find a phrase wherever it stands", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/);
    fc.assert(
      fc.property(fc.string(), word, fc.string(), (before, term, behind) => {
        assert.ok(compileFilterPattern(term)(before + term + behind));
        assert.ok(!compileFilterPattern(`-${term}`)(before + term + behind));
      }),
    );
  });

  it("take time linear in a message of a megabyte", () => {
    const size = 1_000_000;
    const started = performance.now();
    for (const [pattern, message] of [
      ["%a*a*a*a*a*a*a*b%", "a".repeat(size)],
      [`{ $.a = "*${"a*".repeat(400)}b" }`, JSON.stringify({ a: "a".repeat(size) })],
      ["{ $.a.b.c NOT EXISTS }", "[".repeat(size)],
      ["{ $.a NOT EXISTS }", " ".repeat(size)],
      ["[a, b, ..., c = x]", '"a '.repeat(size / 3)],
      ["[a, b, ..., c = x]", "[".repeat(size)],
      ["[a, b, ..., c = x]", "[ ".repeat(size / 2)],
      ["[a, b, ..., c = x]", "[]".repeat(size / 2)],
      ["[a, b, ..., c = x]", '"'.repeat(size - 1)],
      [`{ ${"(".repeat(500)} }`.slice(0, 1024), "{}"],
    ] as const) {
      try {
        compileFilterPattern(pattern)(message);
      } catch (error) {
        assert.ok(error instanceof Error && error.name === "InvalidParameterException");
      }
    }
    assert.ok(performance.now() - started < 5000);
  });
});
