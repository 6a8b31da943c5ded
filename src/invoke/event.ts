/** An asynchronous event on its way through the queue. */
import { decodeMessage, encodeMessage, hasMembers, type Message, type PutOff } from "./message.ts";

export interface EventHeader extends PutOff {
  readonly accountId: string;
  readonly region: string;
  readonly functionName: string;
  /** As the caller qualified it; absent for the unqualified function. */
  readonly qualifier?: string;
  /** Stays the same over all tries. */
  readonly requestId: string;
  readonly traceId: string;
  readonly clientContext?: string;
  /** On whose behalf, for a function that isolates tenants. */
  readonly tenantId?: string;
  /** Epoch milliseconds of the acceptance. */
  readonly acceptedAt: number;
  /** Tries that the function has failed. */
  readonly failures: number;
}

export type AsyncEvent = Message<EventHeader>;

export function encodeEvent(event: AsyncEvent): Uint8Array {
  return encodeMessage(event);
}

/** Throws SyntaxError for bytes that no `encodeEvent` made. */
export function decodeEvent(message: Uint8Array): AsyncEvent {
  return decodeMessage(message, isHeader);
}

const MEMBERS = {
  texts: ["accountId", "region", "functionName", "requestId", "traceId"],
  numbers: ["acceptedAt", "failures"],
  optional: ["qualifier", "clientContext", "tenantId"],
};

function isHeader(value: unknown): value is EventHeader {
  return hasMembers(value, MEMBERS);
}
