/** Every bound of the invoke path. AWS's values with their source; the rest keeps queues, waits and retries finite. */

/** Lambda quotas and developer guide, "Asynchronous invocation". */
export const LIMITS = {
  syncPayloadBytes: 6_291_456,
  asyncPayloadBytes: 1_048_576,
  /** Of the base64 text in the X-Amz-Client-Context header. */
  clientContextBytes: 3583,
  /** Per account and region, where the configuration does not say otherwise. */
  accountConcurrency: 1000,
  asyncRetries: 2,
  asyncRetryDelaysMs: [60_000, 120_000],
  asyncEventAgeMs: 6 * 60 * 60_000,
  /** Throttles and system errors of asynchronous events: waits grow from the first to the last. */
  asyncBackoffMinMs: 1000,
  asyncBackoffMaxMs: 5 * 60_000,
} as const;

export const BOUNDS = {
  /** How long an invocation waits for a function that is just being created before it is refused. */
  pendingWaitMs: 10_000,
  /** Payloads up to this size are checked by JSON.parse; longer ones without building what they describe. */
  parsedPayloadBytes: 262_144,
  /** Events of one function that run at the same time, and of all functions. */
  asyncPerFunction: 100,
  asyncTotal: 1000,
  /** A delivered event is hidden this long; while it runs, that is extended. A killed server's events come back after it. */
  asyncVisibilityMs: 15_000,
  asyncExtendEveryMs: 5_000,
  /** A drainer whose queue stayed empty for this long ends; the next event starts one. */
  asyncIdleMs: 60_000,
  /** A server that stops waits this long for events under way; later ones run again after the next start. */
  asyncStopMs: 2000,
} as const;
