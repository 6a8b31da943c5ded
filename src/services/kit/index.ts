/**
 * What service rooms share beyond the store's tables: a lock by key, ids of keys and entities in AWS's form, lists in
 * chunks, the facts of a session. Knows no service and no protocol.
 */
export { accountOfAccessKey, LONG_TERM_KEY_PREFIX, makeAccessKeyId, TEMPORARY_KEY_PREFIX } from "./access-keys.ts";
export { chunks } from "./chunks.ts";
export { KeyedLock } from "./keyed-lock.ts";
export type { FindSession, SessionFacts } from "./session-facts.ts";
export { derivedUniqueId, randomUniqueId } from "./unique-ids.ts";
