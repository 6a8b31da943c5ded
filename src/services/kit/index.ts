/**
 * What every service room needs to keep its state and nothing more: shapes that turn stored JSON into types, tables of
 * records over the Records port, a lock by key, and page tokens, unique ids. Knows no service and no protocol.
 */
export { chunks } from "./chunks.ts";
export { KeyedLock } from "./keyed-lock.ts";
export { decodePageToken, encodePageToken } from "./page-token.ts";
export { RecordTable } from "./record-table.ts";
export {
  array,
  boolean,
  integer,
  mapOf,
  object,
  oneOf,
  optional,
  type ShapeType,
  text,
} from "./shape.ts";
export { derivedUniqueId, randomUniqueId } from "./unique-ids.ts";
