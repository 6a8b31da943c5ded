/** The check by which callers ignore exactly the error of the system that they mean, and no other. */

/** True when `error` is an error of the system or of Node.js with one of `codes` (`ENOENT`, `EEXIST` …). */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
