/** IAM's way of paging: Marker and MaxItems in, IsTruncated and Marker out. */
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import { invalidMarker } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** The page of `source` that the request asks for. `source` begins after the key it is given. */
export async function takePage<T>(
  input: PageInput,
  source: (after: string | undefined) => AsyncIterable<{ readonly path: string; readonly value: T }>,
): Promise<Page<T>> {
  const after = input.Marker === undefined ? undefined : decodePageToken("iam", input.Marker);
  if (input.Marker !== undefined && after === undefined) throw invalidMarker();
  const max = input.MaxItems ?? IAM_LIMITS.pageItemsDefault;
  const items: T[] = [];
  let last = "";
  for await (const { path, value } of source(after)) {
    if (items.length === max) return { items, IsTruncated: true, Marker: encodePageToken("iam", last) };
    items.push(value);
    last = path;
  }
  return { items, IsTruncated: false };
}

/** The same for a list that is in memory already, by the order of its keys. */
export function takePageOf<T>(input: PageInput, list: readonly T[], keyOf: (item: T) => string): Promise<Page<T>> {
  return takePage(input, async function* (after) {
    const sorted = list.map((value) => ({ path: keyOf(value), value }));
    sorted.sort((one, other) => (one.path < other.path ? -1 : 1));
    yield* sorted.filter((entry) => after === undefined || entry.path > after);
  });
}
