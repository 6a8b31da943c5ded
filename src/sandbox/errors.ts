/** Small checks on errors of the operating system, so that callers ignore exactly the errno they mean. */

import { hasErrorCode } from "../base/index.ts";

export { hasErrorCode };

/** A file or process that is not there any more, and no descriptor left to look: nothing can be said of it now. */
export const UNSEEN: readonly string[] = ["ENOENT", "ENODEV", "ESRCH", "EMFILE", "ENFILE"];

/** Runs `action` and ignores system errors with one of `codes`; anything else is thrown. */
export function ignoring(codes: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!hasErrorCode(error, ...codes)) throw error;
  }
}
