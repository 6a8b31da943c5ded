/**
 * Positions between events, and their printed forms. A position stands before every event at or after (timestamp,
 * sequence); a forward page begins there and a backward page ends there, so both tokens of a page mean exact places.
 */
import { invalidToken } from "./errors.ts";

/** A place between two events of one stream. */
export interface Position {
  readonly timestamp: number;
  readonly sequence: number;
}

export const comparePositions = (one: Position, other: Position): number =>
  one.timestamp - other.timestamp || one.sequence - other.sequence;

const TIMESTAMP_DIGITS = 20;
const SEQUENCE_DIGITS = 36;
const PAGE_TOKEN = /^([fb])\/(\d{20})(\d{36})\/s$/;

/** `f/{56 digits}/s` or `b/{56 digits}/s`. */
export function printPageToken(direction: "f" | "b", position: Position): string {
  const digits = String(position.timestamp).padStart(TIMESTAMP_DIGITS, "0");
  return `${direction}/${digits}${String(position.sequence).padStart(SEQUENCE_DIGITS, "0")}/s`;
}

/** Throws InvalidParameterException for what `printPageToken` does not print. */
export function parsePageToken(token: string): { readonly direction: "f" | "b"; readonly position: Position } {
  const [, direction, timestamp, sequence] = PAGE_TOKEN.exec(token) ?? [];
  const position = { timestamp: Number(timestamp), sequence: Number(sequence) };
  if (!Number.isSafeInteger(position.timestamp) || !Number.isSafeInteger(position.sequence)) throw invalidToken();
  return { direction: direction === "b" ? "b" : "f", position };
}

const EVENT_TIME_DIGITS = 14;
const EVENT_STREAM_DIGITS = 22;
const EVENT_SEQUENCE_DIGITS = 20;

/** 56 digits that name one event among all, growing with its timestamp. */
export function eventId(streamId: string, position: Position): string {
  return (
    String(position.timestamp).padStart(EVENT_TIME_DIGITS, "0") +
    String(BigInt(`0x${streamId}`)).padStart(EVENT_STREAM_DIGITS, "0") +
    String(position.sequence).padStart(EVENT_SEQUENCE_DIGITS, "0")
  );
}

const SEQUENCE_TOKEN_DIGITS = 54;

/** The token that PutLogEvents hands out and ignores, as AWS does now. */
export const sequenceToken = (nextSequence: number): string =>
  `49${String(nextSequence).padStart(SEQUENCE_TOKEN_DIGITS, "0")}`;
