/** A binary heap: the least item by `compare` comes out first. */
export class Heap<T> {
  readonly #compare: (one: T, other: T) => number;
  readonly #items: T[] = [];

  constructor(compare: (one: T, other: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex];
      if (parent === undefined || this.#compare(parent, item) <= 0) break;
      items[index] = parent;
      index = parentIndex;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let index = 0;
    for (;;) {
      const child = this.#lesserChild(index);
      if (child === undefined || this.#compare(last, child.item) <= 0) break;
      items[index] = child.item;
      index = child.index;
    }
    items[index] = last;
    return top;
  }

  #lesserChild(index: number): { readonly index: number; readonly item: T } | undefined {
    const leftIndex = 2 * index + 1;
    const left = this.#items[leftIndex];
    const right = this.#items[leftIndex + 1];
    if (left === undefined) return undefined;
    return right !== undefined && this.#compare(right, left) < 0
      ? { index: leftIndex + 1, item: right }
      : { index: leftIndex, item: left };
  }
}
