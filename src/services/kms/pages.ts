/** Pages of KMS's lists: Marker, Limit, Truncated, NextMarker. */
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import { invalidMarker } from "./errors.ts";

/** Where to go on in `list`; undefined from the beginning. Throws InvalidMarkerException. */
export function markerOf(list: string, marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined;
  const place = decodePageToken(list, marker);
  if (place === undefined) throw invalidMarker();
  return place;
}

export interface Page<T> {
  readonly items: T[];
  readonly end: { readonly Truncated: boolean; readonly NextMarker?: string };
}

/** The first `limit` of `source`; `nameOf` says where the next page goes on. */
export async function pageOf<T>(
  list: string,
  source: AsyncIterable<T> | Iterable<T>,
  limit: number,
  nameOf: (item: T) => string,
): Promise<Page<T>> {
  const items: T[] = [];
  for await (const item of source) {
    const last = items.at(-1);
    if (items.length === limit && last !== undefined) {
      return { items, end: { Truncated: true, NextMarker: encodePageToken(list, nameOf(last)) } };
    }
    items.push(item);
  }
  return { items, end: { Truncated: false } };
}

/** Those after `name` in a list that is sorted by it. */
export function after<T>(items: readonly T[], name: string | undefined, nameOf: (item: T) => string): readonly T[] {
  return name === undefined ? items : items.filter((item) => nameOf(item) > name);
}
