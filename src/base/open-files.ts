/** How many files this process may open and has open. A process that can open none any more can do nothing for anybody. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { hasErrorCode } from "./error-code.ts";

const SOFT_LIMIT = /^Max open files\s+(\d+)/m;

/** Undefined where the system does not say, or sets no limit. */
export function openFilesMax(): number | undefined {
  try {
    const limit = SOFT_LIMIT.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** How many more may be opened now; infinitely many where the system does not say. */
export function openFilesLeft(): number {
  try {
    const max = openFilesMax();
    if (max === undefined) return Number.POSITIVE_INFINITY;
    // Linux before 6.2 does not count them for us.
    return max - (statSync("/proc/self/fd").size || readdirSync("/proc/self/fd").length);
  } catch (error) {
    if (hasErrorCode(error, "EMFILE", "ENFILE")) return 0;
    throw error;
  }
}
