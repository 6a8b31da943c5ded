/** What a contract suite needs from an adapter: a fresh store, the same data opened again, and time that it may steer. */
import type { Clock } from "../../base/index.ts";
import type { Store } from "../ports.ts";

/** A store with data of its own, which disposing removes. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Closes the store and opens the same data again. */
  reopen(): Promise<Store>;
}

/** Makes a store that takes the time from `clock`. */
export type MakeStore = (clock?: Clock) => Promise<StoreUnderTest>;

/** The same of an adapter that has queues alone. */
export type MakeQueues = (clock?: Clock) => Promise<QueuesUnderTest>;
interface QueuesUnderTest extends AsyncDisposable {
  readonly store: Pick<Store, "queues">;
  reopen(): Promise<Pick<Store, "queues">>;
}

/** The next value of an iterator. Throws when it ended. */
export async function next<T>(iterator: AsyncIterator<T>): Promise<T> {
  const result = await iterator.next();
  if (result.done === true) throw new Error("the sequence ended");
  return result.value;
}

/** All that an iterable gives until it ends. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (body: Uint8Array): string => new TextDecoder().decode(body);

/** The seed of a property test: from LAMBENT_TEST_SEED to replay, else new; printed with the run. */
export function seedOf(t: { diagnostic(message: string): void }): number {
  const seed = Number(process.env["LAMBENT_TEST_SEED"] ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}; replay with LAMBENT_TEST_SEED=${seed}`);
  return seed;
}
