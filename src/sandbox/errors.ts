/** Small checks on errors of the operating system, so that callers ignore exactly the errno they mean. */

import { hasErrorCode } from "../base/index.ts";

export { hasErrorCode };

/** Runs `action` and ignores system errors with one of `codes`; anything else is thrown. */
export function ignoring(codes: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!hasErrorCode(error, ...codes)) throw error;
  }
}
