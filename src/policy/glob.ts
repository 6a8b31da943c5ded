/**
 * Wildcards: `*` stands for any characters, `?` for one UTF-16 unit. Linear in text and pattern on hostile input: between
 * stars the leftmost match is always right, so nothing is tried twice; what stands between them is searched with
 * Knuth-Morris-Pratt, and with a bit per position (32 at a time) where it has question marks. Knows no policies.
 */
export const STAR: unique symbol = Symbol("*");
export const ANY: unique symbol = Symbol("?");

/** Literal text, or a wildcard. */
export type GlobPart = string | typeof STAR | typeof ANY;

/** Counts comparisons, for tests of how the work grows. */
export interface Steps {
  count: number;
}

export interface Glob {
  matches(text: string, steps?: Steps): boolean;
}

/** A run without stars: its code units, -1 for a question mark. */
interface Chunk {
  readonly units: readonly number[];
  /** Missing when there are question marks in it. */
  readonly literal: string | undefined;
}

const UNIT_ANY = -1;
const WORD_BITS = 32;
/** Runs of at most so many units are left to the engine's search. */
const SHORT = 16;

export function compileGlob(parts: readonly GlobPart[]): Glob {
  const [only] = parts;
  if (parts.length === 1 && only === STAR) return { matches: () => true };
  if (parts.length === 1 && typeof only === "string") return { matches: (text) => text === only };
  const chunks = chunksOf(parts);
  const first = chunks[0] ?? chunkOf([]);
  if (chunks.length === 1) {
    return { matches: (text, steps) => text.length === first.units.length && equals(first, text, 0, steps) };
  }
  const last = chunks.at(-1) ?? first;
  const middle = chunks.slice(1, -1).filter(({ units }) => units.length > 0);
  const searches = middle.map(searchFor);
  const shortest = chunks.reduce((sum, { units }) => sum + units.length, 0);
  return {
    matches(text, steps) {
      if (text.length < shortest || !equals(first, text, 0, steps)) return false;
      const end = text.length - last.units.length;
      if (!equals(last, text, end, steps)) return false;
      let at = first.units.length;
      for (const search of searches) {
        at = search(text, at, end, steps);
        if (at < 0) return false;
      }
      return true;
    },
  };
}

function chunksOf(parts: readonly GlobPart[]): Chunk[] {
  const chunks: Chunk[] = [];
  let units: number[] = [];
  for (const part of parts) {
    if (part === STAR) {
      chunks.push(chunkOf(units));
      units = [];
    } else if (part === ANY) units.push(UNIT_ANY);
    else for (let at = 0; at < part.length; at += 1) units.push(part.charCodeAt(at));
  }
  return [...chunks, chunkOf(units)];
}

function chunkOf(units: readonly number[]): Chunk {
  const literal = units.includes(UNIT_ANY) ? undefined : units.map((unit) => String.fromCharCode(unit)).join("");
  return { units, literal };
}

function equals({ units, literal }: Chunk, text: string, at: number, steps: Steps | undefined): boolean {
  if (steps !== undefined) steps.count += units.length;
  const [first] = units;
  if (first === undefined) return true;
  // Most patterns are about something else from their first unit on, which is cheaper to see than to ask the engine.
  if (literal !== undefined) return text.charCodeAt(at) === first && text.startsWith(literal, at);
  if (at + units.length > text.length) return false;
  return units.every((unit, offset) => unit === UNIT_ANY || unit === text.charCodeAt(at + offset));
}

/** Looks for the leftmost match within `from` and `end`, and says where it ends; -1 where there is none. */
type Search = (text: string, from: number, end: number, steps: Steps | undefined) => number;

function searchFor({ literal, units }: Chunk): Search {
  if (literal === undefined) return bitSearch(units);
  return literal.length <= SHORT ? plainSearch(literal) : prefixSearch(units);
}

/** The engine's own search, which may look at as many units per position as the run has: a bounded number. */
function plainSearch(literal: string): Search {
  return (text, from, end, steps) => {
    const at = text.indexOf(literal, from);
    if (steps !== undefined) steps.count += (at < 0 ? text.length : at + literal.length) - from;
    return at < 0 || at + literal.length > end ? -1 : at + literal.length;
  };
}

/** Knuth, Morris, Pratt. */
function prefixSearch(units: readonly number[]): Search {
  const borders = bordersOf(units);
  return (text, from, end, steps) => {
    let matched = 0;
    for (let at = from; at < end; at += 1) {
      const unit = text.charCodeAt(at);
      while (matched > 0 && units[matched] !== unit) {
        matched = borders[matched - 1] ?? 0;
        if (steps !== undefined) steps.count += 1;
      }
      if (units[matched] === unit) matched += 1;
      if (steps !== undefined) steps.count += 1;
      if (matched === units.length) return at + 1;
    }
    return -1;
  };
}

/** For each prefix the length of its longest proper prefix that is also its suffix. */
function bordersOf(units: readonly number[]): readonly number[] {
  const borders = [0];
  let length = 0;
  for (let at = 1; at < units.length; at += 1) {
    while (length > 0 && units[at] !== units[length]) length = borders[length - 1] ?? 0;
    if (units[at] === units[length]) length += 1;
    borders.push(length);
  }
  return borders;
}

/** Shift-And of Baeza-Yates and Gonnet: bit i of the state says that the last i + 1 units match the first of the chunk. */
function bitSearch(units: readonly number[]): Search {
  const words = Math.ceil(units.length / WORD_BITS);
  const whatever = new Int32Array(words);
  for (const [at, unit] of units.entries()) if (unit === UNIT_ANY) setBit(whatever, at);
  const masks = new Map<number, Int32Array>();
  for (const [at, unit] of units.entries()) {
    if (unit === UNIT_ANY) continue;
    const mask = masks.get(unit) ?? whatever.slice();
    setBit(mask, at);
    masks.set(unit, mask);
  }
  const final = 1 << ((units.length - 1) % WORD_BITS);
  return (text, from, end, steps) => {
    const state = new Int32Array(words);
    for (let at = from; at < end; at += 1) {
      const mask = masks.get(text.charCodeAt(at)) ?? whatever;
      let carry = 1;
      for (let word = 0; word < words; word += 1) {
        const bits = state[word] ?? 0;
        state[word] = ((bits << 1) | carry) & (mask[word] ?? 0);
        carry = bits >>> (WORD_BITS - 1);
      }
      if (steps !== undefined) steps.count += words;
      if (((state[words - 1] ?? 0) & final) !== 0) return at + 1;
    }
    return -1;
  };
}

function setBit(bits: Int32Array, at: number): void {
  const word = Math.floor(at / WORD_BITS);
  bits[word] = (bits[word] ?? 0) | (1 << (at % WORD_BITS));
}
