/**
 * All durable state of Lambent goes through five ports: records, blobs, queues, journals and the bus. This room has their
 * contract (ports.ts), its bounds (limits.ts) and the adapter for one machine (local/). It must not know AWS.
 */
export { openLocalStore } from "./local/open.ts";
export * from "./ports.ts";
export { type Row, type Table, table } from "./table.ts";
