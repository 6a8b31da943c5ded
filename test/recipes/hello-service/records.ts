/** What the room keeps: one record per dashboard. Dashboards are global: keys have an account and no region. */
import { integer, object, RecordTable, type ShapeType, type Store, text } from "../../../src/store/index.ts";

const dashboardShape = object({
  name: text,
  body: text,
  /** Epoch milliseconds. */
  changedAt: integer,
});
export type DashboardRecord = ShapeType<typeof dashboardShape>;

export const dashboardTable = (store: Store): RecordTable<DashboardRecord> =>
  new RecordTable(store.records, "hello/dashboards", dashboardShape);

export const dashboardPath = (accountId: string, name: string): string => `${accountId}/${name}`;
