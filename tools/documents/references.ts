/**
 * What the documents say of the sources, so that it can be held against them: tests named as `path` "title", and paths. In a
 * title that a suite completes (a runtime's name, say) the document writes … where the source has an expression.
 */
import { type Argument, Visitor } from "oxc-parser";
import type { SourceFile } from "../sources.ts";

export interface TestReference {
  readonly path: string;
  readonly title: string;
}

/** `path/x.test.ts` "title", or several titles behind one path. */
const REFERENCE = /`([\w./-]+\.ts)`((?:,? "[^"]+")+)/g;
/** `src/wire/`, `docs/store.md`: whatever has a slash and could be in the repository. */
const PATH = /`((?:src|test|tools|bench|docs|examples|scripts|\.ci|bin)\/[\w./-]*)`/g;
const LINK = /\]\((?!https?:|#)([^)#]+)/g;

export function testReferences(markdown: string): readonly TestReference[] {
  return [...markdown.matchAll(REFERENCE)].flatMap(([, path = "", titles = ""]) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => ({ path, title })),
  );
}

/** Paths in code style, relative to the repository. */
export function pathsNamed(markdown: string): readonly string[] {
  return [...markdown.matchAll(PATH)].map(([, path = ""]) => path);
}

/** Targets of links, relative to the document. */
export function linksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(LINK)].map(([, target = ""]) => target);
}

/** Rows of every table with this first column; without the head. */
export function rowsUnder(markdown: string, firstColumn: string): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  let inside = false;
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) {
      inside = false;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split(" |")
      .map((cell) => cell.trim());
    if (cells[0] === firstColumn) inside = true;
    else if (inside && !line.startsWith("|---")) rows.push(cells);
  }
  return rows;
}

/** Titles of the tests that a file declares; … stands for an expression. */
export function testTitles(file: SourceFile): ReadonlySet<string> {
  const titles = new Set<string>();
  new Visitor({
    CallExpression({ callee, arguments: [first] }) {
      if (callee.type !== "Identifier" || !/^(test|it|describe)$/.test(callee.name)) return;
      const title = titleOf(first);
      if (title !== undefined) titles.add(title);
    },
  }).visit(file.program);
  return titles;
}

function titleOf(argument: Argument | undefined): string | undefined {
  if (argument?.type === "Literal" && typeof argument.value === "string") return argument.value;
  if (argument?.type === "TemplateLiteral") return argument.quasis.map(({ value }) => value.cooked).join("…");
  return undefined;
}
