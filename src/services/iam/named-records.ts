/**
 * Records of one kind that are found by the account and a name, whatever the name's case. Who looks for one that is not
 * there hears so in the words of its kind.
 */
import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "../../base/index.ts";
import type { RecordTable, TableEntry } from "../../store/index.ts";
import type { Place } from "../../wire/index.ts";
import { type Page, type PageInput, takePage } from "./pages.ts";
import { entityPath } from "./records.ts";

type Account = Pick<Place, "accountId">;
type Named = { readonly id: string; readonly name: string; readonly path: string };

/** Keeps a record that another writer changed meanwhile. */
class Changed extends Error {}

export class NamedRecords<T extends JsonValue & Named> {
  readonly #table: RecordTable<T>;
  readonly #notFound: (name: string) => Error;

  constructor(table: RecordTable<T>, notFound: (name: string) => Error) {
    this.#table = table;
    this.#notFound = notFound;
  }

  find({ accountId }: Account, name: string): Promise<T | undefined> {
    return this.#table.get(entityPath(accountId, name));
  }

  /** Throws NoSuchEntity. */
  async get(account: Account, name: string): Promise<T> {
    const record = await this.find(account, name);
    if (record === undefined) throw this.#notFound(name);
    return record;
  }

  /** False when the name is taken. */
  create({ accountId }: Account, record: T): Promise<boolean> {
    return this.#table.create(entityPath(accountId, record.name), record);
  }

  /** Throws what `missing` makes, or NoSuchEntity, and what `change` throws. */
  async update(
    { accountId }: Account,
    name: string,
    change: (record: T) => T,
    missing: () => Error = () => this.#notFound(name),
  ): Promise<T> {
    const record = await this.#table.update(entityPath(accountId, name), change);
    if (record === undefined) throw missing();
    return record;
  }

  /**
   * Changes the record and its name; false when another has the new one. Two writes: should the server die between them
   * there are two of it, and the same call again makes them one. Throws NoSuchEntity.
   */
  async rename(account: Account, name: string, change: (record: T) => T): Promise<boolean> {
    for (;;) {
      const before = await this.get(account, name);
      const after = change(before);
      if (after.name.toLowerCase() === name.toLowerCase()) {
        await this.update(account, name, change);
        return true;
      }
      if (!(await this.create(account, after))) {
        if ((await this.find(account, after.name))?.id !== before.id) return false;
        await this.update(account, after.name, () => after);
      }
      if (await this.#deleteUnchanged(account, name, before)) return true;
    }
  }

  /** Throws NoSuchEntity, and what `check` throws. */
  async delete({ accountId }: Account, name: string, check: (record: T) => void = () => undefined): Promise<void> {
    const deleted = await this.#table.deleteIf(entityPath(accountId, name), check);
    if (deleted === undefined) throw this.#notFound(name);
  }

  async #deleteUnchanged({ accountId }: Account, name: string, expected: T): Promise<boolean> {
    let unchanged = true;
    await this.#table
      .deleteIf(entityPath(accountId, name), (found) => {
        unchanged = isDeepStrictEqual(found, expected);
        if (!unchanged) throw new Changed();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Changed)) throw error;
      });
    return unchanged;
  }

  /** Everything of the account, by name. */
  async *scan({ accountId }: Account, after?: string): AsyncGenerator<TableEntry<T>> {
    yield* this.#table.scan(entityPath(accountId, ""), after);
  }

  async all(account: Account): Promise<T[]> {
    const all: T[] = [];
    for await (const { value } of this.scan(account)) all.push(value);
    return all;
  }

  /** A page of those whose path begins with the prefix. */
  page(account: Account, input: PageInput & { readonly PathPrefix?: string | undefined }): Promise<Page<T>> {
    const { PathPrefix: prefix = "/" } = input;
    const all = this.scan.bind(this);
    return takePage(input, async function* (after) {
      for await (const entry of all(account, after)) if (entry.value.path.startsWith(prefix)) yield entry;
    });
  }
}
