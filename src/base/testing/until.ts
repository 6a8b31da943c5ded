/** Waits for what comes about by itself, in tests: looks again and again, and fails at a deadline with what was waited for. */
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 5;
/** Far more than anything takes on a busy machine: only a failure comes to it. */
const PATIENCE_MS = 30_000;

/** The first value of `look` other than undefined and false. Throws, naming `what`, when `withinMs` have passed. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs: number = PATIENCE_MS,
): Promise<T> {
  for (const deadline = performance.now() + withinMs; ; await wait(POLL_MS)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
  }
}
