/**
 * The trace header of an invocation, in X-Ray's form: continued from the caller's when it sent one, else a new trace that
 * is not sampled. Its lineage counts this invocation, as the service does for its detection of recursive loops.
 */
import type { Clock, Random } from "../base/index.ts";
import { type LineageFunction, lineageAfter, timesInvoked } from "./lineage.ts";

const ROOT_BYTES = 12;
const PARENT_BYTES = 8;
/** Longer headers are no trace. */
const HEADER_LENGTH_MAX = 512;
const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
const PARENT = /^[0-9a-f]{16}$/i;

/** `Root=1-{epoch seconds, 8 hex}-{24 hex};Parent={16 hex};Sampled={0|1};Lineage=1:{8 hex}:0`. */
export function traceOf(
  header: string | undefined,
  target: LineageFunction,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): string {
  const given = partsOf(header);
  const root = matching(given["root"], ROOT) ?? newRoot(clock, random);
  const parent = matching(given["parent"], PARENT) ?? random.hex(PARENT_BYTES);
  const lineage = lineageAfter(given["lineage"], target);
  return `Root=${root};Parent=${parent};Sampled=${given["sampled"] === "1" ? 1 : 0};Lineage=${lineage}`;
}

/** Which invocation of `target` in its chain the one with this trace is, counted from 1. */
export function timesInTrace(traceId: string, target: LineageFunction): number {
  return timesInvoked(partsOf(traceId)["lineage"], target);
}

function newRoot(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.now() / 1000)
    .toString(16)
    .padStart(8, "0");
  return `1-${seconds}-${random.hex(ROOT_BYTES)}`;
}

/** The header's parts by their names in lower case; none of one that is too long. */
function partsOf(header: string | undefined): Record<string, string> {
  const parts: Record<string, string> = {};
  if (header === undefined || header.length > HEADER_LENGTH_MAX) return parts;
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0) parts[part.slice(0, at).trim().toLowerCase()] = part.slice(at + 1).trim();
  }
  return parts;
}

function matching(value: string | undefined, form: RegExp): string | undefined {
  return value !== undefined && form.test(value) ? value : undefined;
}
