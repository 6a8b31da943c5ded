/**
 * Second halves of operations: what a resource becomes after the answer has shown a state that passes. What a killed server
 * left unsettled is taken up again at its start.
 */
import type { Log } from "../base/index.ts";

export class Settling {
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Begins; does not wait. A failure is logged with `what`, and the resource stays as it is until the next start. */
  begin(what: string, settle: () => Promise<void>): void {
    const settling = settle()
      .catch((error: unknown) => this.#log.warn(`${what} could not be settled`, { error }))
      .finally(() => void this.#running.delete(settling));
    this.#running.add(settling);
  }

  /** Resolves when nothing is being settled any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}
