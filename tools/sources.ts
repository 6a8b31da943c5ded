/**
 * The repository's own TypeScript and JavaScript, read and parsed once for the checks in this folder. Knows no rule.
 * Files come from git (tracked and new ones, never ignored ones), so generated folders are out by construction.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Comment, type ParseResult, type Program, parseSync } from "oxc-parser";

export interface Import {
  /** As written: `../base/index.ts`, `node:fs`, `yargs`. */
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** `import()` in an expression. */
  readonly dynamic: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  lineAt(offset: number): number;
}

/** Something that a check found, and what to do instead. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** Every text file that git knows or would know, relative to `root`. */
export function listFiles(root: string): readonly string[] {
  const output = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(output.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path))).sort();
}

export function readSources(root: string, paths: readonly string[]): readonly SourceFile[] {
  return paths
    .filter((path) => /\.(ts|js|mjs|cjs)$/.test(path))
    .map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

export function parseSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text, { sourceType: path.endsWith(".cjs") ? "script" : "module" });
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const lineAt = (offset: number): number => lineStarts.findLastIndex((start) => start <= offset) + 1;
  return {
    path,
    text,
    program: parsed.program,
    comments: parsed.comments,
    imports: importsOf(parsed, text, lineAt),
    lineAt,
  };
}

function importsOf(parsed: ParseResult, text: string, lineAt: (offset: number) => number): readonly Import[] {
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const found: Import[] = [];
  for (const statement of staticImports) {
    const typeOnly = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
    found.push({ specifier: statement.moduleRequest.value, typeOnly, dynamic: false, line: lineAt(statement.start) });
  }
  for (const statement of staticExports) {
    const [first] = statement.entries;
    if (first?.moduleRequest == null) continue;
    const typeOnly = statement.entries.every((entry) => entry.isType);
    found.push({ specifier: first.moduleRequest.value, typeOnly, dynamic: false, line: lineAt(statement.start) });
  }
  for (const call of dynamicImports) {
    const literal = /^["'](.+)["']$/.exec(text.slice(call.moduleRequest.start, call.moduleRequest.end))?.[1];
    if (literal !== undefined) {
      found.push({ specifier: literal, typeOnly: false, dynamic: true, line: lineAt(call.start) });
    }
  }
  // `import { x } from "y"; export { x };` is one import, though the parser tells of both statements.
  const seen = new Set<string>();
  return found.filter(({ specifier, typeOnly, dynamic }) => {
    const key = `${specifier} ${typeOnly} ${dynamic}`;
    return !seen.has(key) && seen.add(key);
  });
}
