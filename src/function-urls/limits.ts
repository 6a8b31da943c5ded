/** Bounds of function URLs: AWS's, and what keeps clients from costing too much. */
export const LIMITS = {
  /** Of a request's body, and of the event made of it (Lambda quotas: invocation payload). */
  payloadBytes: 6_291_456,
} as const;

export const BOUNDS = {
  /** How much of a refused body is read and thrown away, so that the client gets to see the answer. */
  drainBytesMax: 256 * 1024 * 1024,
} as const;
