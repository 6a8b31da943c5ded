/** Bounds of the way from an environment's output to the log service. */
export interface LogSinkLimits {
  /** How long the first line of a batch waits for others. Short, so that tailing feels live. */
  readonly flushDelayMs: number;
  /** With more streams than this the wait grows with their number, up to the longest. */
  readonly streamsAtOnce: number;
  readonly flushDelayMsMax: number;
  /** A batch of one put: bytes (with the service's 26 per event), events, and time span. */
  readonly batchBytesMax: number;
  readonly batchEventsMax: number;
  readonly batchSpanMs: number;
  /** Longer messages become several events. */
  readonly eventBytesMax: number;
  /** Waiting bytes of one stream, and of all; what comes beyond is dropped and counted. */
  readonly streamBytesMax: number;
  readonly totalBytesMax: number;
  /** Puts under way at the same time. */
  readonly putsMax: number;
  /** Tries of one put, and the wait before the second, which doubles up to the longest. */
  readonly attemptsMax: number;
  readonly retryDelayMs: number;
  readonly retryDelayMsMax: number;
  /** Drops are reported at most this often. */
  readonly reportIntervalMs: number;
  /** How long disposal waits for what is queued. */
  readonly closeTimeoutMs: number;
}

const MIB = 1024 * 1024;

/** What CloudWatch Logs adds to every event when it counts bytes. */
export const EVENT_OVERHEAD_BYTES = 26;

export const LOG_SINK_LIMITS: LogSinkLimits = {
  flushDelayMs: 100,
  streamsAtOnce: 32,
  flushDelayMsMax: 2000,
  batchBytesMax: MIB,
  batchEventsMax: 10_000,
  batchSpanMs: 23 * 3_600_000,
  eventBytesMax: MIB - EVENT_OVERHEAD_BYTES,
  streamBytesMax: 8 * MIB,
  totalBytesMax: 64 * MIB,
  putsMax: 16,
  attemptsMax: 5,
  retryDelayMs: 100,
  retryDelayMsMax: 3000,
  reportIntervalMs: 10_000,
  closeTimeoutMs: 3000,
};

export const METRICS_LIMITS = {
  /** Series that are kept: a function has about ten. */
  seriesMax: 20_000,
  /** Minutes of each series, beside its total. */
  minutesMax: 15,
} as const;

export const ROLE_CREDENTIALS_LIMITS = {
  /** The longest that AWS allows, so that an environment's credentials outlive it. */
  durationSeconds: 12 * 3600,
  /** Credentials with less than this left are not given to a new environment. */
  remainingMsMin: 8 * 3_600_000,
  /** Functions whose credentials are kept. */
  cachedMax: 10_000,
} as const;
