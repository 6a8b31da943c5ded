/** Values in a form in which two are equal when the wire may treat them as equal: nothing absent, nothing empty. */

export function canonical(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array)
    return value.length === 0 ? undefined : `bytes ${Buffer.from(value).toString("base64")}`;
  if (Array.isArray(value)) {
    const items = value.map(canonical).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([key]) => key !== "$metadata")
      .map(([key, item]): [string, unknown] => [key, canonical(item)])
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  return value;
}

/** Streams and event streams read to their end, so they can be compared. */
export async function collected(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) result[key] = await collectMember(item);
  return result;
}

async function collectMember(item: unknown): Promise<unknown> {
  if (typeof item !== "object" || item === null || item instanceof Uint8Array) return item;
  if ("transformToByteArray" in item && typeof item.transformToByteArray === "function") {
    return await item.transformToByteArray();
  }
  if (!(Symbol.asyncIterator in item)) return item;
  const parts: unknown[] = [];
  for await (const part of item as AsyncIterable<unknown>) parts.push(part);
  return parts.every((part) => part instanceof Uint8Array) ? Buffer.concat(parts as Uint8Array[]) : parts;
}
