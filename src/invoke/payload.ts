/** Decides whether an event may be given to a function: it must be JSON in UTF-8, as AWS's front end insists. */
import { isUtf8 } from "node:buffer";
import { type JsonProblem, jsonProblem, place } from "./json-scan.ts";
import { BOUNDS } from "./limits.ts";

const EMPTY_EVENT: Uint8Array = Buffer.from("{}");

/** What the function gets: `{}` when the caller sent nothing, and no byte order mark, which the front end's parser skips. */
export function eventOf(payload: Uint8Array | undefined): Uint8Array {
  const marked = payload?.[0] === 0xef && payload[1] === 0xbb && payload[2] === 0xbf;
  const event = marked ? payload.subarray(3) : payload;
  return event === undefined || event.length === 0 ? EMPTY_EVENT : event;
}

/** The first problem of `event`; undefined when it is JSON. */
export function eventProblem(event: Uint8Array): JsonProblem | undefined {
  return event.length <= BOUNDS.parsedPayloadBytes && parses(event) ? undefined : jsonProblem(event);
}

function parses(event: Uint8Array): boolean {
  if (!isUtf8(event)) return false;
  try {
    JSON.parse(Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString());
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** The whole text that AWS sends for a payload that does not parse. */
export function problemText(problem: JsonProblem): string {
  return `Could not parse request body into json: Could not parse payload into json: ${problem.message}\n at ${place(problem)}`;
}
