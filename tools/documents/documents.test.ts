/**
 * The documents against the sources, so that neither can move alone: every test that they name exists, every path and link
 * leads somewhere, and the catalogue of errors has exactly the codes that the sources make.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { listFiles, readSources } from "../sources.ts";
import { linksOf, pathsNamed, rowsUnder, testReferences, testTitles } from "./references.ts";
import { userErrorsOf } from "./user-errors.ts";

const root = join(import.meta.dirname, "../..");
const paths = listFiles(root);
const files = readSources(root, paths);
const sources = new Map(files.map((file) => [file.path, file]));
const documents = paths.filter((path) => /^(docs\/.*|[A-Z]+)\.md$/.test(path));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("the documents", () => {
  test("name only tests that exist", () => {
    const missing = documents.flatMap((document) =>
      testReferences(read(document))
        .filter(({ path, title }) => {
          const file = sources.get(path);
          return file === undefined || !testTitles(file).has(title);
        })
        .map(({ path, title }) => `${document} names ${path} "${title}"`),
    );
    assert.deepEqual(missing, []);
  });

  test("name and link only files that exist, or that a command makes", () => {
    const made = new Set(read(".gitignore").split("\n"));
    const missing = documents.flatMap((document) => {
      const text = read(document);
      const linked = linksOf(text).map((target) => join(dirname(document), target));
      return [...pathsNamed(text), ...linked]
        .filter((path) => !/[A-Z]{4}/.test(path) || path.endsWith(".md"))
        .filter((path) => !existsSync(join(root, path)) && !made.has(path))
        .map((path) => `${document} names ${path}`);
    });
    assert.deepEqual(missing, []);
  });

  test("give every invariant a test that would fail", () => {
    const rows = rowsUnder(read("ARCHITECTURE.md"), "invariant");
    assert.ok(rows.length > 20, `${rows.length} invariants found`);
    const without = rows.filter(([, , proof = ""]) => testReferences(proof).length === 0);
    assert.deepEqual(without, []);
  });

  test("give every promise a test or a benchmark, or say that it has none", () => {
    const rows = rowsUnder(read("SPECIFICATION.md"), "promise");
    assert.ok(rows.length > 20, `${rows.length} promises found`);
    const without = rows.filter(([, , , proof = ""]) => {
      const isMeasured = pathsNamed(proof).some((path) => path.endsWith(".bench.ts"));
      return testReferences(proof).length === 0 && !isMeasured && !/\b(untested|not built)\b/.test(proof);
    });
    assert.deepEqual(without, []);
  });

  test("number invariants and promises without a gap", () => {
    for (const [document, column, letter] of [
      ["ARCHITECTURE.md", "invariant", "I"],
      ["SPECIFICATION.md", "promise", "P"],
    ] as const) {
      const numbers = rowsUnder(read(document), column).map(([number = ""]) => number);
      numbers.sort((one, other) => Number(one.slice(1)) - Number(other.slice(1)));
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => `${letter}${index + 1}`),
      );
    }
  });
});

describe("the catalogue of errors", () => {
  const made = userErrorsOf(
    files.filter(({ path }) => path.startsWith("src/") && !/\.test\.ts$|\/(testing|simulation)\//.test(path)),
  );

  test("every UserError has its code written out where it is made", () => {
    assert.deepEqual(
      made.filter(({ code }) => code === undefined || !/^[a-z]+(-[a-z]+)*$/.test(code)),
      [],
    );
  });

  test("docs/errors.md has exactly the codes that the sources make, with their files", () => {
    const inSources = new Set(made.map(({ code, path }) => `${code} in ${path}`));
    const listed = rowsUnder(read("docs/errors.md"), "code").flatMap(([code = "", where = ""]) =>
      pathsNamed(where).map((path) => `${code.replaceAll("`", "")} in ${path}`),
    );
    assert.deepEqual(listed.sort(), [...inSources].sort());
  });

  test("every code says what happened and what to do", () => {
    const rows = rowsUnder(read("docs/errors.md"), "code");
    assert.deepEqual(
      rows.filter((cells) => cells.length !== 4 || cells.includes("")),
      [],
    );
  });
});
