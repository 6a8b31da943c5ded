/**
 * A map with a largest size: what was used longest ago gives way to what comes. For caches, whose entries can be had again,
 * and for what must not grow with the callers.
 */
export class BoundedMap<K, V> {
  readonly #sizeMax: number;
  readonly #gaveWay: (value: V) => void;
  /** Least recently used first. */
  readonly #entries = new Map<K, V>();

  /** `gaveWay` hears of each value that is not kept any more, other than by `delete`. */
  constructor(sizeMax: number, gaveWay: (value: V) => void = () => undefined) {
    this.#sizeMax = sizeMax;
    this.#gaveWay = gaveWay;
  }

  /** Counts as a use. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** The value of `key` without using it. */
  peek(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Counts as a use. */
  set(key: K, value: V): void {
    const before = this.#entries.get(key);
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (before !== undefined && before !== value) this.#gaveWay(before);
    if (this.#entries.size <= this.#sizeMax) return;
    for (const [oldest, least] of this.#entries) {
      this.#entries.delete(oldest);
      this.#gaveWay(least);
      return;
    }
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  /** Least recently used first. */
  values(): Iterable<V> {
    return this.#entries.values();
  }

  /** All give way. */
  clear(): void {
    const values = [...this.#entries.values()];
    this.#entries.clear();
    for (const value of values) this.#gaveWay(value);
  }
}
