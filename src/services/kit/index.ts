/**
 * What service rooms share beyond the store's tables: a lock by key, unique ids in AWS's form, lists in chunks.
 * Knows no service and no protocol.
 */
export { chunks } from "./chunks.ts";
export { KeyedLock } from "./keyed-lock.ts";
export { derivedUniqueId, randomUniqueId } from "./unique-ids.ts";
