/**
 * Pages of lists that AWS pages with Marker and MaxItems. A marker is a page token of its list; whatever else clients send
 * is refused in AWS's words.
 */
import { decodePageToken, encodePageToken } from "../base/index.ts";
import { invalidParameter } from "./errors.ts";
import { LIMITS } from "./limits.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly nextMarker: string | undefined;
}

/**
 * The page of `items` (in order of `keyOf`) after `marker`.
 * `scope` names the list: the operation, place and everything else that a marker must not be moved between.
 */
export function page<T>(
  items: readonly T[],
  options: {
    readonly scope: string;
    readonly marker: string | undefined;
    readonly maxItems: number | undefined;
    readonly keyOf: (item: T) => string;
  },
): Page<T> {
  const { scope, marker, keyOf } = options;
  const start = marker === undefined ? 0 : indexAfter(items, openMarker(scope, marker), keyOf);
  const end = start + pageSize(options.maxItems);
  const last = items[end - 1];
  const nextMarker = end < items.length && last !== undefined ? encodePageToken(scope, keyOf(last)) : undefined;
  return { items: items.slice(start, end), nextMarker };
}

/** AWS returns at most 50 whatever is asked for. */
export function pageSize(maxItems: number | undefined): number {
  return Math.min(maxItems ?? LIMITS.pageItems, LIMITS.pageItems);
}

/** The place that `encodePageToken` was given for this list. Throws InvalidParameterValueException for anything else. */
export function openMarker(scope: string, marker: string): string {
  const place = decodePageToken(scope, marker);
  if (place === undefined) throw invalidParameter("Invalid pagination token");
  return place;
}

/** The list may have changed since: the item that the marker names need not exist any more. */
function indexAfter<T>(items: readonly T[], after: string, keyOf: (item: T) => string): number {
  const exact = items.findIndex((item) => keyOf(item) === after);
  if (exact >= 0) return exact + 1;
  const later = items.findIndex((item) => keyOf(item) > after);
  return later < 0 ? items.length : later;
}
