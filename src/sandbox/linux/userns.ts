/** The user namespace that this process runs in. Root of one is root over its own mounts and networks, and of nothing else. */
import { readFileSync } from "node:fs";
import { hasErrorCode } from "../errors.ts";

const WHOLE_RANGE = 4_294_967_295;
/** Root, and the id that stands for "nobody we know". */
const RESERVED_FIRST = 1_000;
const OVERFLOW_ID = 65_534;

/** Ids that exist in this namespace. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** Undefined outside of a user namespace: where every id is mapped to itself. */
export function userNamespaceIds(): IdRange | undefined {
  try {
    return usableIds(readFileSync("/proc/self/uid_map", "utf8"));
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The longest run of mapped ids for sandboxes in the text of a `uid_map`; undefined when the map is the whole range. */
export function usableIds(map: string): IdRange | undefined {
  const ranges = map
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , count = 0]) => ({ first, count }));
  if (ranges.some(({ count }) => count === WHOLE_RANGE)) return undefined;
  const usable = ranges.map(({ first, count }) => {
    const from = Math.max(first, RESERVED_FIRST);
    const end = first < OVERFLOW_ID ? Math.min(first + count, OVERFLOW_ID) : first + count;
    return { first: from, count: Math.max(0, end - from) };
  });
  return usable.reduce((best, range) => (range.count > best.count ? range : best), { first: 0, count: 0 });
}
