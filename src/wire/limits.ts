/**
 * Every bound of the wire in one place. The generous ones protect the server, not AWS's semantics; AWS's own numbers per
 * operation are in body/size-limits.ts.
 */

/** Bounds on what one client may cost. All sizes in bytes, all times in milliseconds. */
export interface WireLimits {
  /** Body of an operation that AWS gives no smaller or larger limit. */
  readonly bodyBytesMax: number;
  /** How much of a refused body is read and thrown away, so that the client gets to see the answer. */
  readonly drainBytesMax: number;
  /** Nesting of a JSON, CBOR or XML document. */
  readonly documentDepthMax: number;
  /** Parameters of one form or query string. */
  readonly queryParametersMax: number;
  /** One line (size line or trailer) of an aws-chunked body. */
  readonly chunkLineBytesMax: number;
  /** All headers of a request together. AWS's front ends refuse at about this size. */
  readonly headerBytesMax: number;
  /** Time a client has to send all headers. */
  readonly headersTimeoutMs: number;
  /** Time a client has to send the whole request. */
  readonly requestTimeoutMs: number;
  /** Time that a client may let a response wait without taking a byte of it. */
  readonly stalledReaderMs: number;
  /** How often slow clients are looked for. */
  readonly connectionsCheckingIntervalMs: number;
  /** Time a client has to take the answer to what was no request. */
  readonly lingerMs: number;
  /** Idle time after which a kept-alive connection is closed. */
  readonly keepAliveTimeoutMs: number;
  /** Requests at a time on one HTTP/2 connection. */
  readonly streamsMax: number;
  /** Open connections of one server. */
  readonly connectionsMax: number;
}

export const DEFAULT_LIMITS: WireLimits = {
  bodyBytesMax: 8 * 1024 * 1024,
  drainBytesMax: 256 * 1024 * 1024,
  documentDepthMax: 100,
  queryParametersMax: 10_000,
  chunkLineBytesMax: 8 * 1024,
  headerBytesMax: 32 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  stalledReaderMs: 300_000,
  connectionsCheckingIntervalMs: 10_000,
  lingerMs: 2_000,
  keepAliveTimeoutMs: 75_000,
  streamsMax: 256,
  connectionsMax: 20_000,
};
