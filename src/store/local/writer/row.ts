/** Reading SQLite's rows with their types, and the bound on what one answer carries. */

/** A page ends when its values passed this many bytes, so the thread's memory stays small; the client asks for more. */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024;

type Row = Record<string, unknown> | undefined;

export function integer(row: Row, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new TypeError(`column ${column} is ${typeof value}, not a number`);
  return value;
}

export function text(row: Row, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new TypeError(`column ${column} is ${typeof value}, not text`);
  return value;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row?.[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} is ${typeof value}, not bytes`);
  return value;
}
