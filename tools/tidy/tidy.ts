/**
 * The house's own rules, as data: where each holds, what it looks for, and what to do instead. A rule sees parsed code, so
 * words in strings and comments do not trip it; rules on text see every text file of the repository.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Node, Visitor } from "oxc-parser";
import type { Finding, SourceFile } from "../sources.ts";
import { returnsBeforeDisposal } from "./disposal.ts";

const LINES_MAX = 400;

const isTest = (path: string): boolean =>
  /\.test\.ts$|^test\/|^bench\/|\/(testing|simulation|fixtures|attacks)\/|\/(testing|contract)\.ts$/.test(path);
const isProduction = (path: string): boolean => path.startsWith("src/") && !isTest(path);
/** Runs inside a sandbox or before anything is installed, where nothing can be injected. */
const isBootstrap = (path: string): boolean => /^src\/runtimes\/.*\.(mjs|cjs|js)$/.test(path);
const isTypeScript = (path: string): boolean => path.endsWith(".ts");

/** Calls that only the named places may make. */
const reservedCalls: readonly { call: RegExp; allowed: (path: string) => boolean; instead: string }[] = [
  {
    call: /^(Date\.now|performance\.now|setTimeout|setInterval)$/,
    // The composition root measures the start of the process, and a sandbox waits for the kernel, whose time is real.
    allowed: (path) => /^src\/(base\/|cli\/|sandbox\/|server\.ts$)/.test(path) || isBootstrap(path),
    instead: "take a Clock from src/base, so that tests can steer time",
  },
  {
    call: /^(Math\.random|randomUUID|crypto\.randomUUID|randomBytes|crypto\.randomBytes)$/,
    allowed: (path) => path.startsWith("src/base/") || isBootstrap(path),
    instead: "take a Random from src/base, so that a run can be replayed",
  },
  {
    call: /^console\.\w+$/,
    allowed: (path) => path.startsWith("src/cli/") || isBootstrap(path),
    instead: "take a Log from src/base",
  },
];

const commentRules: readonly { pattern: RegExp; rule: string; instead: string }[] = [
  { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, rule: "no-todo", instead: "do it now, or describe it in an issue" },
  {
    pattern: /@ts-(ignore|expect-error|nocheck)/,
    rule: "no-ts-ignore",
    instead: "parse the value into the type with a checking function",
  },
  {
    pattern: /biome-ignore(?!.*: \S)/,
    rule: "explained-ignores",
    instead: "write the reason after the colon, or follow the rule",
  },
];

/** Folders that exist on one machine only. Split, so that this file does not break its own rule. */
const machinePath = new RegExp(["(?<![\\w.$}*:])/(work|root|home/\\w+)", "(?=/)"].join(""));
const machinePathExempt = /^(package-lock\.json|LICENSE)$|^src\/sandbox\//;

/** Applies every rule. `paths` are all text files of the repository, `files` the parsed ones. */
export function checkTidy(root: string, paths: readonly string[], files: readonly SourceFile[]): readonly Finding[] {
  return [
    ...paths.flatMap((path) => checkText(path, readFileSync(join(root, path), "utf8"))),
    ...files.flatMap((file) => checkSource(file)),
  ];
}

/** Rules on plain text: length and machine paths. */
export function checkText(path: string, text: string): readonly Finding[] {
  const lines = text.split("\n");
  const findings: Finding[] = [];
  if (/\.(ts|js|mjs|cjs|py|sh)$/.test(path) && lines.length > LINES_MAX + 1) {
    findings.push({
      path,
      line: LINES_MAX + 1,
      rule: "file-length",
      message: `${lines.length} lines, at most ${LINES_MAX}. Instead: find the second idea in the file and give it a file of its own.`,
    });
  }
  if (machinePathExempt.test(path)) return findings;
  for (const [index, line] of lines.entries()) {
    const found = machinePath.exec(line)?.[0];
    if (found !== undefined) {
      findings.push({
        path,
        line: index + 1,
        rule: "no-machine-paths",
        message: `${found}/ is a folder of one machine. Instead: take the path from configuration or os.tmpdir().`,
      });
    }
  }
  return findings;
}

/** Rules on parsed code. */
export function checkSource(file: SourceFile): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (offset: number, rule: string, message: string): void => {
    findings.push({ path: file.path, line: file.lineAt(offset), rule, message });
  };
  for (const comment of file.comments) {
    for (const { pattern, rule, instead } of commentRules) {
      const found = pattern.exec(comment.value)?.[0];
      if (found !== undefined) report(comment.start, rule, `${found} in a comment. Instead: ${instead}.`);
    }
  }
  checkHeader(file, report);
  for (const offset of returnsBeforeDisposal(file.program)) {
    report(
      offset,
      "await-before-disposal",
      "what `await using` holds is gone before this settles. Instead: return await.",
    );
  }
  if (file.path.endsWith(".bench.ts") && !/report|results/i.test(file.text)) {
    report(
      0,
      "bench-results",
      "the benchmark keeps no numbers. Instead: write bench/results/NAME.json with the shared reporter.",
    );
  }
  new Visitor({
    TSAnyKeyword: (node) =>
      report(node.start, "no-any", "any turns checking off. Instead: use unknown and a checking function."),
    TSAsExpression(node) {
      if (node.expression.type === "TSAsExpression") {
        report(
          node.start,
          "no-double-cast",
          "a double cast asserts what nobody checked. Instead: parse the value with a checking function.",
        );
      }
    },
    CatchClause(node) {
      if (node.body.body.length === 0) {
        report(
          node.start,
          "no-swallowed-errors",
          "the error disappears. Instead: handle, log or rethrow it; check the errno if one is expected.",
        );
      }
    },
    CallExpression(node) {
      const name = dottedName(node.callee);
      if (isProduction(file.path))
        checkReservedCall(file.path, name, (message) => report(node.start, "reserved-calls", message));
      if (/(^|\.)catch$/.test(name) && isEmptyFunction(node.arguments[0]) && !isExplained(file, node.start)) {
        report(
          node.start,
          "no-swallowed-errors",
          "the rejection disappears. Instead: handle, log or rethrow it, or say in a comment above who hears of it.",
        );
      }
      if (isTest(file.path) && /^(test|it|describe|suite|t)\.(skip|todo|only)$/.test(name)) {
        report(node.start, "no-skipped-tests", `${name} hides a test. Instead: make it pass or delete it.`);
      }
      if (isTest(file.path) && /^(test|it|describe|suite)$/.test(name)) {
        for (const argument of node.arguments) {
          if (argument.type === "ObjectExpression" && hasKey(argument, /^(skip|todo|only)$/)) {
            report(node.start, "no-skipped-tests", "an option hides a test. Instead: make it pass or delete it.");
          }
        }
      }
    },
    MemberExpression(node) {
      if (
        node.type === "MemberExpression" &&
        isProduction(file.path) &&
        dottedName(node) === "process.exit" &&
        !file.path.startsWith("src/cli/") &&
        !isBootstrap(file.path)
      ) {
        report(node.start, "no-exit", "process.exit ends everything at once. Instead: return, or throw a UserError.");
      }
    },
  }).visit(file.program);
  return findings;
}

function checkHeader(file: SourceFile, report: (offset: number, rule: string, message: string) => void): void {
  if (!isProduction(file.path) || !isTypeScript(file.path)) return;
  if (/\/index\.ts$/.test(file.path) && file.program.body.length === 1) return;
  const first = file.comments[0];
  const code = file.program.body[0];
  if (first === undefined || (code !== undefined && first.start > code.start)) {
    report(
      0,
      "module-header",
      "no header comment. Instead: say in a few lines what the file is for and what it must not know.",
    );
  }
}

function checkReservedCall(path: string, name: string, report: (message: string) => void): void {
  for (const { call, allowed, instead } of reservedCalls) {
    if (call.test(name) && !allowed(path)) report(`${name} is not called here. Instead: ${instead}.`);
  }
}

/** `a.b.c` for a chain of plain names, the last name for others. */
function dottedName(node: Node): string {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier") return "";
  const object = dottedName(node.object);
  return object === "" ? `.${node.property.name}` : `${object}.${node.property.name}`;
}

function isEmptyFunction(node: Node | undefined): boolean {
  if (node?.type !== "ArrowFunctionExpression" && node?.type !== "FunctionExpression") return false;
  const body = node.body;
  if (body === null) return false;
  if (body.type === "BlockStatement") return body.body.length === 0;
  return (body.type === "Identifier" && body.name === "undefined") || (body.type === "Literal" && body.raw === "null");
}

/** A comment ends on the line before, or stands on the same line. */
function isExplained(file: SourceFile, offset: number): boolean {
  const line = file.lineAt(offset);
  return file.comments.some((comment) => [line - 1, line].includes(file.lineAt(comment.end - 1)));
}

function hasKey(node: { readonly properties: readonly Node[] }, pattern: RegExp): boolean {
  return node.properties.some(
    (property) => property.type === "Property" && property.key.type === "Identifier" && pattern.test(property.key.name),
  );
}
