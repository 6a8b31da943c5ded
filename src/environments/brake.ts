/** Holds a stream until every reason to hold it has passed: its reader is busy, or it has used up its time for now. */
export class Brake {
  readonly #stream: { pause(): unknown; resume(): unknown };
  #reasons = 0;

  constructor(stream: { pause(): unknown; resume(): unknown }) {
    this.#stream = stream;
  }

  /** `busy` must not reject. */
  holdUntil(busy: Promise<void>): void {
    this.#reasons += 1;
    this.#stream.pause();
    void busy.then(() => {
      this.#reasons -= 1;
      if (this.#reasons === 0) this.#stream.resume();
    });
  }
}
