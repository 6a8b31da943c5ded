/**
 * Bounds of CloudWatch Logs. Those in the first part are AWS's quotas; those in the second keep this server's memory and
 * time per request bounded and are not visible in any error.
 */
export interface LogsLimits {
  /** PutLogEvents: message bytes plus 26 for every event. */
  readonly batchBytesMax: number;
  readonly batchSpanMs: number;
  /** One event with its 26 bytes. */
  readonly eventBytesMax: number;
  readonly eventAgeMs: number;
  readonly eventAheadMs: number;
  /** GetLogEvents and FilterLogEvents: events and message bytes of one page. */
  readonly pageEventsMax: number;
  readonly pageBytesMax: number;
  readonly describePageMax: number;
  readonly tagsMax: number;
  readonly liveTailEventsPerSecond: number;
  readonly liveTailSessionMs: number;
  readonly liveTailIntervalMs: number;
  /** Batches that a live tail session keeps for its reader. */
  readonly liveTailNewsMax: number;

  /** FilterLogEvents looks at this many events per call and then returns what it has with a token. */
  readonly scanEventsMax: number;
  readonly scanBytesMax: number;
  /** A request reads about this many bytes of all its streams at a time, and at most this many events of one. */
  readonly readBytes: number;
  readonly readBytesOfOne: number;
  readonly readEventsMax: number;
  /** Streams of one group that a request orders or merges; more than this are not looked at. */
  readonly streamsMax: number;
  /** Log groups whose last retention sweep is remembered. */
  readonly sweptGroupsMax: number;
  /** Streams that one step of a retention sweep looks at, and the time between sweeps of a group. */
  readonly sweepStreams: number;
  readonly sweepIntervalMs: number;
  /** Streams whose journals are looked up at once. */
  readonly lookupsAtOnce: number;
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const EVENT_OVERHEAD_BYTES = 26;

export const LOGS_LIMITS: LogsLimits = {
  batchBytesMax: MIB,
  batchSpanMs: DAY_MS,
  eventBytesMax: MIB,
  eventAgeMs: 14 * DAY_MS,
  eventAheadMs: 2 * HOUR_MS,
  pageEventsMax: 10_000,
  pageBytesMax: MIB,
  describePageMax: 50,
  tagsMax: 50,
  liveTailEventsPerSecond: 500,
  liveTailSessionMs: 3 * HOUR_MS,
  liveTailIntervalMs: 1000,
  liveTailNewsMax: 1000,
  scanEventsMax: 100_000,
  scanBytesMax: 16 * MIB,
  readBytes: 16 * MIB,
  readBytesOfOne: MIB / 4,
  readEventsMax: 512,
  streamsMax: 100_000,
  sweptGroupsMax: 10_000,
  sweepStreams: 20,
  sweepIntervalMs: HOUR_MS,
  lookupsAtOnce: 200,
};

/** Days that PutRetentionPolicy accepts. */
export const RETENTION_DAYS: ReadonlySet<number> = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);
