/**
 * News of stored events: where in which stream they are, never the events themselves. Whoever tails a group listens and
 * reads the journal, on this node or another.
 */

import type { JsonValue } from "../../base/index.ts";
import { integer, object, type ShapeType, text } from "../../store/index.ts";
import { ingestionSubject } from "./records.ts";
import type { LogsState } from "./state.ts";

const newsShape = object({
  streamId: text,
  streamName: text,
  /** Sequence of the first new event. */
  from: integer,
  count: integer,
});
export type IngestionNews = ShapeType<typeof newsShape>;

export async function announceIngestion(state: LogsState, groupId: string, news: IngestionNews): Promise<void> {
  await state.store.bus.publish(ingestionSubject(groupId), Buffer.from(JSON.stringify(news)));
}

export function hearIngestion(
  state: LogsState,
  groupId: string,
  hear: (news: IngestionNews) => void,
): Promise<AsyncDisposable> {
  return state.store.bus.subscribe(ingestionSubject(groupId), (body) => {
    const value: JsonValue = JSON.parse(Buffer.from(body).toString("utf8"));
    hear(newsShape(value, "ingestion news"));
  });
}
