/** The names of each account and region in order, so that a page of them is found without looking at the others. */
import type { Place } from "../wire/index.ts";

export class SortedNames {
  readonly #names = new Map<string, string[]>();

  /** Nothing happens when it is there. */
  add(place: Place, name: string): void {
    const key = keyOf(place);
    const names = this.#names.get(key);
    if (names === undefined) {
      this.#names.set(key, [name]);
      return;
    }
    const at = firstFrom(names, name);
    if (names[at] !== name) names.splice(at, 0, name);
  }

  delete(place: Place, name: string): void {
    const key = keyOf(place);
    const names = this.#names.get(key) ?? [];
    const at = firstFrom(names, name);
    if (names[at] === name) names.splice(at, 1);
    if (names.length === 0) this.#names.delete(key);
  }

  /** At most `limit` names that come after `after`, or the first ones. */
  page(place: Place, after: string | undefined, limit: number): readonly string[] {
    const names = this.#names.get(keyOf(place)) ?? [];
    if (after === undefined) return names.slice(0, limit);
    const at = firstFrom(names, after);
    const start = names[at] === after ? at + 1 : at;
    return names.slice(start, start + limit);
  }
}

function keyOf({ accountId, region }: Place): string {
  return `${accountId}/${region}`;
}

/** Index of the first name that is not before `name`. */
function firstFrom(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? "") < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
