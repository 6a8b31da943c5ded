/**
 * A body collected from pieces. Pieces are often views of larger buffers, and a hostile sender chooses their sizes: kept
 * as they come, a megabyte of single bytes would hold a hundred megabytes. Here they cost at most about twice their bytes.
 */
const FIRST_BLOCK_BYTES = 4 * 1024;
const BLOCK_BYTES_MAX = 256 * 1024;
/** Below it, the objects that make up a buffer weigh more than its bytes. */
const KEPT_BYTES_MIN = 2 * 1024;
const EMPTY = Buffer.alloc(0);

export class CollectedBytes {
  /** Complete parts, in order; the open block comes after them. */
  #parts: Buffer[] = [];
  #block: Buffer = EMPTY;
  #filled = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The piece must not be changed afterwards. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const first = this.#length === 0;
    this.#length += piece.length;
    const isLean = piece.length >= KEPT_BYTES_MIN && piece.length * 2 >= piece.buffer.byteLength;
    if (first || isLean) {
      this.#closeBlock();
      this.#parts.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
      return;
    }
    let taken = 0;
    while (taken < piece.length) {
      if (this.#filled === this.#block.length) this.#openBlock();
      const part = piece.subarray(taken, taken + this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
    }
  }

  /** Everything so far in one buffer; begins anew. */
  take(): Buffer {
    this.#closeBlock();
    const [only = EMPTY] = this.#parts;
    const whole = this.#parts.length <= 1 ? only : Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return whole;
  }

  #openBlock(): void {
    const size = this.#block.length === 0 ? FIRST_BLOCK_BYTES : Math.min(this.#block.length * 2, BLOCK_BYTES_MAX);
    this.#closeBlock();
    this.#block = Buffer.allocUnsafeSlow(size);
  }

  #closeBlock(): void {
    if (this.#filled > 0) this.#parts.push(this.#block.subarray(0, this.#filled));
    this.#block = EMPTY;
    this.#filled = 0;
  }
}
