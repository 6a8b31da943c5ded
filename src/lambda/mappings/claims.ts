/**
 * One mapping per source and function: a claim is a record whose key says both, written before the mapping, so that of two
 * clients one wins. A claim whose mapping never came about is free again after a while.
 */
import { createHash } from "node:crypto";
import { RecordTable } from "../../store/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { conflict } from "../errors.ts";
import { BOUNDS } from "../limits.ts";
import { qualifiedArn } from "../names.ts";
import { placePath } from "../records.ts";
import { CLAIMS_TABLE, claimShape, type MappingRecord, mappingPath } from "./records.ts";

/** Throws ResourceConflictException when another mapping has the source and function of `record`. */
export async function claim(plane: ControlPlane, record: MappingRecord): Promise<void> {
  const { uuid } = record;
  await table(plane).change(claimPath(record), (before) => {
    if (before !== undefined && before.uuid !== uuid) {
      const isHeld = plane.mappings.get(mappingPath(record, before.uuid)) !== undefined;
      const isFresh = plane.clock.now() - before.claimedMs < BOUNDS.orphanGraceMs;
      if (isHeld || isFresh) throw conflict(takenText(record, before.uuid));
    }
    return { uuid, claimedMs: plane.clock.now() };
  });
}

/** Gives up what `record` claimed, unless it is another's by now. */
export async function unclaim(plane: ControlPlane, record: MappingRecord): Promise<void> {
  const path = claimPath(record);
  if ((await table(plane).get(path))?.uuid === record.uuid) await table(plane).delete(path);
}

export function claimPath(record: MappingRecord): string {
  const { functionName, qualifier, settings } = record;
  const { EventSourceArn, SelfManagedEventSource, Topics, Queues } = settings;
  const servers = Object.values(SelfManagedEventSource?.Endpoints ?? {}).flat();
  const parts = [functionName, qualifier ?? "", EventSourceArn ?? servers.sort().join(), Topics ?? [], Queues ?? []];
  return placePath(record, createHash("sha256").update(JSON.stringify(parts)).digest("hex"));
}

function table(plane: ControlPlane): RecordTable<{ readonly uuid: string; readonly claimedMs: number }> {
  return new RecordTable(plane.records, CLAIMS_TABLE, claimShape);
}

function takenText(record: MappingRecord, uuid: string): string {
  const { kind, functionName, qualifier, settings } = record;
  const arn = settings.EventSourceArn ?? Object.values(settings.SelfManagedEventSource?.Endpoints ?? {}).join();
  const ending = `already exists. Please update or delete the existing mapping with UUID ${uuid}`;
  switch (kind) {
    case "sqs":
    case "sqs-fifo":
      return `An event source mapping with SQS arn (" ${arn} ") and function (" ${functionName} ") ${ending}`;
    case "kinesis":
    case "dynamodb":
      return `The event source arn (" ${arn} ") and function (" ${functionName} ") provided mapping ${ending}`;
    default: {
      const named = settings.Topics ?? settings.Queues ?? [];
      const what = settings.Queues === undefined ? "topics" : "queues";
      const functionArn = qualifiedArn(record, functionName, qualifier);
      return `An event source mapping with event source ("${arn}"), function ("${functionArn}"), ${what} ("${named.join()}") ${ending}`;
    }
  }
}
