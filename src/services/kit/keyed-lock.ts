/**
 * Runs tasks of one key one after another and tasks of different keys side by side, within this process. For steps that
 * read and then append where the store has no transaction. Holds nothing for keys that are idle.
 */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as `task` does. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(task);
    // The next task waits for the end of this one and must not inherit its failure, which belongs to this caller.
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
