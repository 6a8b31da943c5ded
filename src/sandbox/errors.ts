/** Small checks on errors of the operating system, so that callers ignore exactly the errno they mean. */

/** True when `error` is a system error with one of `codes`. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

/** Runs `action` and ignores system errors with one of `codes`; anything else is thrown. */
export function ignoring(codes: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!hasErrorCode(error, ...codes)) throw error;
  }
}
