/** Every bound of the invoke path. AWS's values with their source; the rest keeps queues, waits and retries finite. */

/** Lambda quotas and developer guide, "Asynchronous invocation". */
export const LIMITS = {
  syncPayloadBytes: 6_291_456,
  asyncPayloadBytes: 1_048_576,
  /** Of the base64 text in the X-Amz-Client-Context header. */
  clientContextBytes: 3583,
  /** Per account and region, where the configuration does not say otherwise. */
  accountConcurrency: 1000,
  /** Invocations of one function in one chain of events; the next is a recursive loop. Developer guide, "Recursive loop detection". */
  loopInvocations: 16,
  asyncRetries: 2,
  asyncRetryDelaysMs: [60_000, 120_000],
  asyncEventAgeMs: 6 * 60 * 60_000,
  /** Throttles and system errors of asynchronous events: waits grow from the first to the last. */
  asyncBackoffMinMs: 1000,
  asyncBackoffMaxMs: 5 * 60_000,
  /** Of the error's message, in a dead-letter queue's attributes. */
  deadLetterErrorBytes: 1024,
} as const;

export const BOUNDS = {
  /** How long an invocation waits for a function that is just being created before it is refused. */
  pendingWaitMs: 10_000,
  /** How long an invocation that would be throttled waits for one that has answered and is about to be done. */
  slotWaitMs: 25,
  /** Payloads up to this size are checked by JSON.parse; longer ones without building what they describe. */
  parsedPayloadBytes: 262_144,
  /** Bytes of messages that were taken from queues and have not ended, and how far beyond queues with nothing under way may go. */
  drainBytes: 64 * 1024 * 1024,
  drainBytesMax: 256 * 1024 * 1024,
  /** Functions whose waiting events are counted when somebody asks. */
  backlogMax: 1000,
  /** Messages of one queue that are taken ahead of their turn. */
  drainAheadMin: 16,
  drainAheadMax: 256,
  /** Messages of one queue that run at the same time: at first, at most, and how long each size is tried. */
  drainWindowFirst: 8,
  drainWindowMax: 8192,
  drainWindowMs: 100,
  /** A window that gained nothing by growing stays as it is for this long. */
  drainWindowHoldMs: 15_000,
  /** After a refusal no more messages of the queue are tried for this long, doubled with each one in a row. */
  drainPauseMinMs: 500,
  drainPauseMaxMs: 8000,
  /** Messages that run although their function may not, to be ended. */
  drainEnding: 64,
  /** Queues of a former process that are taken over at the same time. */
  drainTakeOverAtOnce: 256,
  /** A taken message is hidden this long; until it has ended, that is extended. */
  drainVisibilityMs: 5 * 60_000,
  drainExtendEveryMs: 2 * 60_000,
  /** A drain whose queue stayed empty for this long ends; the next message starts one. */
  drainIdleMs: 60_000,
  /** A server that stops waits this long for messages under way; later ones run again after the next start. */
  drainStopMs: 2000,
  /** Records on their way to one destination or dead-letter queue at the same time. */
  deliveriesPerTarget: 16,
  /** A target that cannot be reached is tried again for this long, with waits from 1 s to 5 min. */
  deliveryAgeMs: 6 * 60 * 60_000,
} as const;
