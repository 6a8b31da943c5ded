/**
 * Queues in SQL. A message is deliverable when it is due and not blocked by an earlier one of its order key; a delivery
 * moves its due time to the end of the visibility time-out. A delivery is named by message and attempt, so a late settler's
 * attempt no longer matches.
 */
import type { DatabaseSync } from "node:sqlite";
import { STORE_LIMITS } from "../../limits.ts";
import type { MessageRow, Operations } from "../operations.ts";
import type { Handlers } from "./group-commit.ts";
import { bytes, integer, PAGE_BYTES_MAX } from "./row.ts";

/** Forgotten deduplication ids that one send removes: more than it adds, so the table never grows past its memory. */
const FORGET_ROWS = 4;

type QueueOperations = Pick<
  Operations,
  | "queues.depth"
  | "queues.list"
  | "queues.send"
  | "queues.receive"
  | "queues.settle"
  | "queues.takeOver"
  | "queues.purge"
>;

export interface QueueRows {
  readonly handlers: Handlers<QueueOperations>;
}

export function queueRows(database: DatabaseSync): QueueRows {
  const insert = database.prepare(`
    INSERT INTO messages (queue, due_at, in_flight, blocked, attempt, sent_at, order_key)
    VALUES (?, ?, 0, ?, 0, ?, ?) RETURNING id
  `);
  const insertBody = database.prepare("INSERT INTO message_bodies (id, body) VALUES (?, ?)");
  const due = database.prepare(`
    SELECT id, attempt, sent_at, body FROM messages JOIN message_bodies USING (id)
    WHERE queue = ? AND due_at <= ? AND blocked = 0 ORDER BY due_at, id LIMIT ?
  `);
  const nextDue = database.prepare("SELECT min(due_at) AS at FROM messages WHERE queue = ? AND blocked = 0");
  const deliver = database.prepare("UPDATE messages SET due_at = ?, in_flight = 1, attempt = attempt + 1 WHERE id = ?");
  const held = database.prepare(`
    SELECT order_key FROM messages WHERE id = ? AND queue = ? AND attempt = ? AND in_flight = 1 AND due_at > ?
  `);
  const remove = database.prepare("DELETE FROM messages WHERE id = ?");
  const removeBody = database.prepare("DELETE FROM message_bodies WHERE id = ?");
  const replaceBody = database.prepare("UPDATE message_bodies SET body = ? WHERE id = ?");
  const giveBack = database.prepare("UPDATE messages SET due_at = ?, in_flight = 0 WHERE id = ?");
  const takeBack = database.prepare(
    "UPDATE messages SET due_at = ?, in_flight = 0, attempt = attempt - 1 WHERE id = ?",
  );
  const extend = database.prepare("UPDATE messages SET due_at = ? WHERE id = ?");
  const head = database.prepare("SELECT min(id) AS id FROM messages WHERE queue = ? AND order_key = ?");
  const unblock = database.prepare("UPDATE messages SET blocked = 0 WHERE id = ? RETURNING due_at");
  const remember = database.prepare("INSERT OR REPLACE INTO deduplication VALUES (?, ?, ?, ?)");
  const recall = database.prepare(
    "SELECT message_id FROM deduplication WHERE queue = ? AND deduplication_id = ? AND forget_at > ?",
  );
  const forget = database.prepare(`
    DELETE FROM deduplication WHERE (queue, deduplication_id) IN
      (SELECT queue, deduplication_id FROM deduplication WHERE forget_at <= ? ORDER BY forget_at LIMIT ${FORGET_ROWS})
  `);
  const giveAllBack = database.prepare(
    "UPDATE messages SET due_at = min(due_at, ?), in_flight = 0 WHERE queue = ? AND in_flight = 1",
  );
  const purgeBodies = database.prepare(
    "DELETE FROM message_bodies WHERE id IN (SELECT id FROM messages WHERE queue = ?)",
  );
  const purge = database.prepare("DELETE FROM messages WHERE queue = ?");
  const depth = database.prepare(`
    SELECT count(*) AS total, count(*) FILTER (WHERE due_at > ?1 AND in_flight = 1) AS in_flight,
      count(*) FILTER (WHERE due_at > ?1 AND in_flight = 0) AS delayed
    FROM messages WHERE queue = ?2
  `);
  const nameFrom = database.prepare("SELECT min(queue) AS queue FROM messages WHERE queue >= ?");
  const nameAfter = database.prepare("SELECT min(queue) AS queue FROM messages WHERE queue > ?");

  const freeNext = (queue: string, orderKey: unknown): number | undefined => {
    const next = typeof orderKey === "string" ? head.get(queue, orderKey)?.["id"] : undefined;
    return typeof next === "number" ? integer(unblock.get(next), "due_at") : undefined;
  };

  return {
    handlers: {
      "queues.depth": ({ queue, now }) => {
        const row = depth.get(now, queue);
        const inFlight = integer(row, "in_flight");
        const delayed = integer(row, "delayed");
        return { ready: integer(row, "total") - inFlight - delayed, delayed, inFlight };
      },
      "queues.list": ({ prefix }) => {
        const names: string[] = [];
        // One look-up per name, however many messages each queue holds.
        let name = nameFrom.get(prefix)?.["queue"];
        while (typeof name === "string" && name.startsWith(prefix)) {
          names.push(name);
          name = nameAfter.get(name)?.["queue"];
        }
        return names;
      },
      "queues.send": ({ queue, body, now, dueAt, orderKey, deduplicationId }) => {
        if (deduplicationId !== undefined) {
          const first = recall.get(queue, deduplicationId, now);
          if (first !== undefined) return { id: integer(first, "message_id"), duplicate: true };
        }
        const blocked = orderKey !== undefined && typeof head.get(queue, orderKey)?.["id"] === "number";
        const id = integer(insert.get(queue, dueAt, blocked ? 1 : 0, now, orderKey ?? null), "id");
        insertBody.run(id, body);
        if (deduplicationId !== undefined) {
          forget.run(now);
          remember.run(queue, deduplicationId, id, now + STORE_LIMITS.deduplicationMs);
        }
        return { id, duplicate: false };
      },
      "queues.receive": ({ queue, max, hiddenUntil, now }) => {
        const messages: MessageRow[] = [];
        let size = 0;
        for (const row of due.iterate(queue, now, max)) {
          const body = bytes(row, "body");
          messages.push({
            id: integer(row, "id"),
            body,
            attempt: integer(row, "attempt") + 1,
            sentAt: integer(row, "sent_at"),
          });
          size += body.byteLength;
          if (size >= PAGE_BYTES_MAX) break;
        }
        for (const { id } of messages) deliver.run(hiddenUntil, id);
        const at = messages.length > 0 ? undefined : nextDue.get(queue)?.["at"];
        return { messages, nextDueAt: typeof at === "number" ? at : undefined };
      },
      "queues.settle": ({ queue, id, attempt, now, how }) => {
        const row = held.get(id, queue, attempt, now);
        if (row === undefined) return { settled: false, deliverableAt: undefined };
        switch (how.kind) {
          case "nack":
            giveBack.run(how.dueAt, id);
            if (how.body !== undefined) replaceBody.run(how.body, id);
            return { settled: true, deliverableAt: how.dueAt };
          case "release":
            takeBack.run(now, id);
            return { settled: true, deliverableAt: now };
          case "extend":
            extend.run(how.hiddenUntil, id);
            return { settled: true, deliverableAt: undefined };
          case "ack":
            remove.run(id);
            removeBody.run(id);
            return { settled: true, deliverableAt: freeNext(queue, row["order_key"]) };
        }
      },
      "queues.takeOver": ({ queue, now }) => Number(giveAllBack.run(now, queue).changes),
      "queues.purge": ({ queue }) => {
        purgeBodies.run(queue);
        purge.run(queue);
        return undefined;
      },
    },
  };
}
