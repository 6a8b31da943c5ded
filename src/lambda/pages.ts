/**
 * Pages of lists: a marker is the place to go on from, bound to the list it came from and signed, so a client can neither
 * invent one nor use it for another list. Opaque to clients, as AWS's are.
 */
import { invalidParameter } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { ServerKey } from "./server-key.ts";

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
    readonly key: ServerKey;
    readonly scope: string;
    readonly marker: string | undefined;
    readonly maxItems: number | undefined;
    readonly keyOf: (item: T) => string;
  },
): Page<T> {
  const { key, scope, marker, keyOf } = options;
  const start = marker === undefined ? 0 : indexAfter(items, openMarker(key, scope, marker), keyOf);
  const end = start + pageSize(options.maxItems);
  const last = items[end - 1];
  const nextMarker = end < items.length && last !== undefined ? sealMarker(key, scope, keyOf(last)) : undefined;
  return { items: items.slice(start, end), nextMarker };
}

/** AWS returns at most 50 whatever is asked for. */
export function pageSize(maxItems: number | undefined): number {
  return Math.min(maxItems ?? LIMITS.pageItems, LIMITS.pageItems);
}

export function sealMarker(key: ServerKey, scope: string, after: string): string {
  const place = Buffer.from(after).toString("base64url");
  return `${place}.${key.sign(`${scope}\n${place}`)}`;
}

/** The place that `sealMarker` was given. Throws InvalidParameterValueException for anything else. */
export function openMarker(key: ServerKey, scope: string, marker: string): string {
  const dot = marker.indexOf(".");
  const place = marker.slice(0, dot);
  if (dot < 0 || !key.verify(`${scope}\n${place}`, marker.slice(dot + 1))) {
    throw invalidParameter("Invalid pagination token");
  }
  return Buffer.from(place, "base64url").toString();
}

/** The list may have changed since: the item that the marker names need not exist any more. */
function indexAfter<T>(items: readonly T[], after: string, keyOf: (item: T) => string): number {
  const exact = items.findIndex((item) => keyOf(item) === after);
  if (exact >= 0) return exact + 1;
  const later = items.findIndex((item) => keyOf(item) > after);
  return later < 0 ? items.length : later;
}
