/** Whose a message is: an event on its way to its function, or what has become of one on its way to a target. */
import { decodeEvent } from "../event.ts";
import type { EventFacts, Ledger } from "./ledger.ts";

export interface Owner {
  readonly label: string;
  readonly event: EventFacts;
  /** It only tells of the event. */
  readonly isParcel: boolean;
  /** The event whose end this one tells of, and what of it. */
  readonly about?: { readonly event: EventFacts; readonly record: string };
}

/** Events that the ledger does not know are the engine's own: they tell a function of another event's end. */
export function ownerOf(ledger: Ledger, queue: string, body: Uint8Array): Owner {
  if (!queue.startsWith("lambda-async/")) {
    const requestId = /"requestId":"([^"]+)"/.exec(Buffer.from(body).toString())?.[1];
    const event = knownOf(ledger, requestId);
    return { label: `parcel-of-${event.label}`, event, isParcel: true };
  }
  const { header, payload } = decodeEvent(body);
  const known = ledger.events.get(header.requestId);
  if (known !== undefined) return { label: known.label, event: known, isParcel: false };
  const { requestId, condition } = toldIn(Buffer.from(payload).toString());
  const about = knownOf(ledger, requestId);
  const label = `record-of-${about.label}`;
  const { functionName: name, qualifier } = header;
  const event = ledger.begin({
    requestId: header.requestId,
    label,
    type: "record",
    name,
    qualifier,
    script: [{ outcome: "ok", ms: 5 }],
  });
  const record = `${header.functionName} ${condition}`;
  return { label, event, isParcel: false, about: { event: about, record } };
}

/** What a record says of the event that has ended. */
export function toldIn(record: string): { readonly requestId: string; readonly condition: string } {
  const told: { requestContext?: { requestId: string; condition: string } } = JSON.parse(record);
  return told.requestContext ?? { requestId: "", condition: "" };
}

function knownOf(ledger: Ledger, requestId: string | undefined): EventFacts {
  const event = ledger.events.get(requestId ?? "");
  if (event === undefined) throw new Error(`a message tells of an unknown request ${requestId}`);
  return event;
}
