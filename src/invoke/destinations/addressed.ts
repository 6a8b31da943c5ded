/** Which targets an ended event has, and the parcel for each: the record for a destination, the event for a dead-letter queue. */
import type { Resolved } from "../../lambda/index.ts";
import type { Settlement } from "../async-engine.ts";
import { deadLetterError } from "./dead-letter.ts";
import { destinationRecord } from "./record.ts";
import type { Parcel, ParcelHeader } from "./target.ts";

/** Parcels to all targets of the ended event; both kinds where both are configured. */
export function addressed(
  settlement: Settlement,
  source: Pick<Resolved, "version" | "qualifiedArn" | "deadLetterTarget">,
  { endedAt, newId }: { readonly endedAt: number; readonly newId: () => string },
): readonly Parcel[] {
  const { event, condition, settings } = settlement;
  const { accountId, region, functionName, functionArn, roleArn } = source.version;
  const common = {
    ...{ accountId, region, functionName, functionArn, roleArn, endedAt },
    requestId: event.header.requestId,
    traceId: event.header.traceId,
    sourceArn: source.qualifiedArn,
    outcome: condition === "Success" ? "Success" : "Failure",
  } as const satisfies Partial<ParcelHeader>;
  const parcels: Parcel[] = [];
  if (condition === "Dropped") return parcels;
  const destination = condition === "Success" ? settings?.onSuccess : settings?.onFailure;
  if (destination) {
    const header = { ...common, kind: "destination", targetArn: destination, parcelId: newId() } as const;
    parcels.push({ header, payload: destinationRecord(settlement, source.qualifiedArn, endedAt) });
  }
  const { deadLetterTarget } = source;
  if (deadLetterTarget && condition !== "Success") {
    const header = { ...common, kind: "dead-letter", targetArn: deadLetterTarget, parcelId: newId() } as const;
    parcels.push({ header: { ...header, ...deadLetterError(settlement) }, payload: event.payload });
  }
  return parcels;
}
