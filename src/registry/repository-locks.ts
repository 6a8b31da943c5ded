/** Steps on one repository come one after another, so that a manifest cannot lose what it names while it is taken in. */
import { type RepositoryName, repositoryPath } from "./records.ts";

export class RepositoryLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(name: RepositoryName, step: () => Promise<T>): Promise<T> {
    const key = repositoryPath(name);
    const before = this.#last.get(key) ?? Promise.resolve();
    const running = before.then(step, step);
    this.#last.set(key, running);
    const done = (): void => {
      if (this.#last.get(key) === running) this.#last.delete(key);
    };
    running.then(done, done);
    return running;
  }
}
