/**
 * Which test files call or name which operations, read from their text: commands, waiters and paginators of the SDK, an
 * operation's name as the first argument of a call, names in titles, and methods in the programs for boto3 that they run. A
 * name that several services have counts for those whose client package or folder the file uses.
 */
import type { ServiceOperations } from "./services.ts";

export interface TestFile {
  readonly path: string;
  readonly text: string;
  /** Programs for boto3 that it runs. */
  readonly programs: readonly string[];
}

/** Test files by operation. */
export function testsByOperation(
  service: ServiceOperations,
  files: readonly TestFile[],
): ReadonlyMap<string, readonly string[]> {
  const mentioned = files.map((file) => {
    const own = isAbout(service, file) ? wordsOf(file.text) : [];
    return { path: file.path, words: new Set([...own, ...methodsOf(service, file)]) };
  });
  return new Map(
    service.operations.map(({ name }) => {
      const spellings = [name, `${name}Command`, `paginate${name}`, methodOf(name)];
      const found = mentioned.filter(({ words }) => spellings.some((spelling) => words.has(spelling)));
      return [name, found.map(({ path }) => path)];
    }),
  );
}

function isAbout({ clientPackage, folders }: ServiceOperations, { path, text }: TestFile): boolean {
  if (path.includes("/authorization/")) return false;
  return text.includes(`"${clientPackage}"`) || folders.some((folder) => path.startsWith(folder));
}

const WORD = /[A-Za-z][A-Za-z0-9]+/g;

/** Commands and paginators, what calls begin with, and the words of titles. */
function wordsOf(text: string): readonly string[] {
  const helpers = text.match(/\b(?:paginate[A-Z][A-Za-z0-9]+|[A-Z][A-Za-z0-9]+Command)\b/g) ?? [];
  const called = [...text.matchAll(/\(\s*"([A-Z][A-Za-z0-9]+)"/g)].map(([, name = ""]) => name);
  const titles = [...text.matchAll(/\btest\(\s*[`"]([^`"]*)[`"]/g)].flatMap(
    ([, title = ""]) => title.match(WORD) ?? [],
  );
  return [...helpers, ...called, ...titles];
}

/** As boto3 spells an operation: its words in lower case. */
function methodOf(operation: string): string {
  return operation
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

/** What a file's programs call by method, or name for a waiter or paginator, of this service's client. */
function methodsOf({ clientPackage }: ServiceOperations, { programs }: TestFile): readonly string[] {
  const service = clientPackage.replace(/^@aws-sdk\/client-(cloudwatch-)?/, "");
  return programs
    .filter((text) => text.includes(`boto3.client("${service}"`))
    .flatMap((text) => [...text.matchAll(/(?:\.|get_paginator\("|paged\(")([a-z]+(?:_[a-z0-9]+)+)\b/g)])
    .map(([, name = ""]) => name);
}
