/** Small files are written beside one another, a few at a time, since each waits for the disk several times. */
import { FILE_WRITERS } from "./limits.ts";

export class FileWriters {
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Begins `write` as soon as there is a place; throws what an earlier one failed with. */
  async start(write: () => Promise<void>): Promise<void> {
    while (this.#running.size >= FILE_WRITERS) await Promise.race(this.#running);
    this.#throwFailure();
    const running = write()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when all have ended; throws what one of them failed with. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
