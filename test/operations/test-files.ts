/**
 * Which test files call or name which operations, read from their text: commands, waiters and paginators of the SDK, an
 * operation's name as the first argument of a call, and names in titles. A name that several services have counts for those
 * whose client package or folder the file uses.
 */
import type { SourceFile } from "../../tools/sources.ts";
import type { ServiceOperations } from "./services.ts";

/** Test files by operation. */
export function testsByOperation(
  service: ServiceOperations,
  files: readonly SourceFile[],
): ReadonlyMap<string, readonly string[]> {
  const about = files.filter((file) => isAbout(service, file));
  const mentioned = about.map((file) => ({ path: file.path, words: new Set(wordsOf(file.text)) }));
  return new Map(
    service.operations.map(({ name }) => {
      const spellings = [name, `${name}Command`, `paginate${name}`];
      const found = mentioned.filter(({ words }) => spellings.some((spelling) => words.has(spelling)));
      return [name, found.map(({ path }) => path)];
    }),
  );
}

function isAbout({ clientPackage, folders }: ServiceOperations, { path, text }: SourceFile): boolean {
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
