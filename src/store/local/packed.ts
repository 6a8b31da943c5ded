/**
 * Bytes on their way to the writer thread. A typed array is cloned with the whole buffer that it is a view of, and small
 * Buffers are views of a shared pool: what crosses must have a buffer of its own.
 */

/** All `parts` one after the other, `bytes` in all, in a buffer that holds nothing else. */
export function packed(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
