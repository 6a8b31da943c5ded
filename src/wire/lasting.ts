/**
 * Values that handlers promise never to change, so that what they look like on the wire may be kept for as long as they live.
 * Apart from the codecs, since handlers' rooms are loaded without them. Bounded by what the handlers themselves hold.
 */

interface Printed {
  /** What it was printed as, and how. */
  readonly shape: object;
  readonly format: object;
  readonly text: string;
}

/** With their text, once they were printed. */
export const lastingItems: WeakMap<object, Printed | undefined> = new WeakMap();

/**
 * Promises that neither `item` nor anything in it will change. Worth it for items of long lists that are made once for each
 * revision of a record.
 */
export function lasting<T extends object>(item: T): T {
  lastingItems.set(Object.freeze(item), undefined);
  return item;
}
