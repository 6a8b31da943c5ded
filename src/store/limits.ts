/**
 * Every bound of the store, for all adapters. Sizes leave room for an envelope around AWS's own maxima and stay under what
 * NATS carries in one message (max_payload, at most 64 MiB).
 */

const KIB = 1024;
const MIB = 1024 * KIB;

export const STORE_LIMITS = {
  /** Record keys and prefixes, queue and journal names, order keys and deduplication ids, in UTF-8 bytes. */
  nameBytesMax: 1024,
  /** A record's value as JSON text, in UTF-8 bytes. */
  recordBytesMax: 1 * MIB,
  /** A message: the record of an asynchronous event carries the event, up to 1 MiB, and the answer, up to 6 MiB. */
  queueBodyBytesMax: 9 * MIB,
  /** One journal entry: a Kinesis record is at most 10 MiB, plus partition key and envelope. */
  journalBodyBytesMax: 11 * MIB,
  /** One append: PutLogEvents takes up to 10,000 events. */
  journalAppendEntriesMax: 10_000,
  /** Bodies of one append together. */
  journalAppendBytesMax: 32 * MIB,
  /** A request or event on the bus: a synchronous invocation carries 6 MB each way. */
  busBodyBytesMax: 8 * MIB,
  /** Entries that one `list` or `read` may ask for. */
  pageEntriesMax: 10_000,
  /** Messages that one `receive` may ask for. */
  receiveMessagesMax: 1000,
  /** Requests on their way to the disk; the next one is rejected as `overloaded`. */
  pendingRequestsMax: 16_384,
  /** Bytes of those requests together. */
  pendingBytesMax: 128 * MIB,
  /** Delays, time-outs and times to live: 10 years, so that sums stay exact and a slip of units is found. */
  durationMsMax: 10 * 366 * 24 * 3600 * 1000,
  /** How long a queue remembers deduplication ids. SQS: 5 minutes. */
  deduplicationMs: 5 * 60 * 1000,
} as const;
