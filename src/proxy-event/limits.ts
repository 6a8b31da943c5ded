/** Bounds of what is taken from a function before it is an HTTP response. */
export const BOUNDS = {
  /** The metadata in front of a streamed body: headers and cookies, which clients refuse beyond a few kilobytes anyway. */
  preludeBytes: 65_536,
  /** Header lines of one response. */
  headerLines: 1000,
} as const;
