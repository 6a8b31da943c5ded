/** Randomness that a seed decides, for simulations: the same seed draws the same numbers on every machine. */
import type { Random } from "../random.ts";

export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Mulberry32: 32 bits of state, fast, and even enough for choices. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  hex(byteLength: number): string {
    let text = "";
    for (let i = 0; i < byteLength; i++) text += this.below(256).toString(16).padStart(2, "0");
    return text;
  }

  uuid(): string {
    const digits = this.hex(16);
    const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`];
    return [...parts, digits.slice(20)].join("-");
  }

  /** A whole number in [0, `limit`). */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Throws RangeError when there is nothing to choose from. */
  pick<T>(choices: readonly T[]): T {
    for (const choice of choices.slice(this.below(choices.length))) return choice;
    throw new RangeError("there is nothing to choose from");
  }

  /** One of the keys, by the share of its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries: [K, number][] = [];
    for (const key in weights) entries.push([key, weights[key]]);
    let left = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return this.pick(entries)[0];
  }
}
