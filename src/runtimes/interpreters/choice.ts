/**
 * Which of the interpreters found stands for the version asked for: the exact one, else the nearest that a person would
 * try next, with a sentence that says so. Pure.
 */

/** [major, minor, patch]. */
export type Version = readonly [number, number, number];

/** How a language counts: which part of the version is the one that runtimes are named after. */
export interface VersionScheme {
  /** For example 22 of 22.23.3, or 12 of 3.12.1. */
  readonly line: (version: Version) => number;
  /** Lines that Lambent's bootstrap runs on. */
  readonly lowest: number;
}

/** The newest version of the wanted line; else the newest of the nearest line, the later one when two are as near. */
export function choose<T extends { readonly version: Version }>(
  found: readonly T[],
  wanted: number,
  scheme: VersionScheme,
): T | undefined {
  const distance = (candidate: T): number => {
    const line = scheme.line(candidate.version);
    // An older line is half a step further away than a newer one at the same distance.
    return line >= wanted ? line - wanted : wanted - line + 0.5;
  };
  return found
    .filter((candidate) => scheme.line(candidate.version) >= scheme.lowest)
    .toSorted((a, b) => distance(a) - distance(b) || compareVersions(b.version, a.version))[0];
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Reads `v22.23.3`, `22.23.3` or `3.12.1`; undefined for anything else. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}
