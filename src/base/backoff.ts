/**
 * The wait before try number `attempt` + 1 of something that failed: `minMs` after the first, twice as long after each
 * further one, never more than `maxMs`.
 */
export function backoff(attempt: number, { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): number {
  return Math.min(minMs * 2 ** Math.min(Math.max(attempt - 1, 0), DOUBLINGS_MAX), maxMs);
}

/** Whoever counts on for years still gets a number. */
const DOUBLINGS_MAX = 30;
