/**
 * All durable state of Lambent goes through five ports: records, blobs, queues, journals and the bus. This room has their
 * contract (ports.ts), its bounds (limits.ts) and the adapter for one machine (local/). Rooms keep typed state in a RecordTable,
 * whose shapes (shape.ts) check what comes back. It must not know AWS.
 */
export { openLocalStore } from "./local/open.ts";
export * from "./ports.ts";
export { RecordFeed, type RecordFollower } from "./record-feed.ts";
export { type Changed, RecordTable, type TableEntry } from "./record-table.ts";
export { Sealer, storeSecret } from "./sealer.ts";
export {
  array,
  boolean,
  integer,
  json,
  mapOf,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  type ShapeType,
  StoredShapeError,
  text,
  variant,
} from "./shape.ts";
