/**
 * The trace header of an invocation, in X-Ray's form: continued from the caller's when it sent one, else a new trace that
 * is not sampled. Lineage names the function, as the service adds it for its detection of recursive loops.
 */
import { hash } from "node:crypto";
import type { Clock, Random } from "../base/index.ts";

const ROOT_BYTES = 12;
const PARENT_BYTES = 8;
const LINEAGE_DIGITS = 8;
/** Longer headers are no trace. */
const HEADER_LENGTH_MAX = 512;
const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
const PARENT = /^[0-9a-f]{16}$/i;
const LINEAGE = /^[0-9a-z:|]{1,256}$/i;

/** `Root=1-{epoch seconds, 8 hex}-{24 hex};Parent={16 hex};Sampled={0|1};Lineage=1:{8 hex}:0`. */
export function traceOf(
  header: string | undefined,
  target: { readonly accountId: string; readonly region: string; readonly functionName: string },
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): string {
  const given = header === undefined || header.length > HEADER_LENGTH_MAX ? {} : partsOf(header);
  const root = matching(given["root"], ROOT) ?? newRoot(clock, random);
  const parent = matching(given["parent"], PARENT) ?? random.hex(PARENT_BYTES);
  const lineage = matching(given["lineage"], LINEAGE) ?? `1:${lineageOf(target)}:0`;
  return `Root=${root};Parent=${parent};Sampled=${given["sampled"] === "1" ? 1 : 0};Lineage=${lineage}`;
}

function newRoot(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.now() / 1000)
    .toString(16)
    .padStart(8, "0");
  return `1-${seconds}-${random.hex(ROOT_BYTES)}`;
}

function lineageOf({ accountId, region, functionName }: Parameters<typeof traceOf>[1]): string {
  return hash("sha1", `${accountId}/${region}/${functionName}`).slice(0, LINEAGE_DIGITS);
}

/** The header's parts by their names in lower case. */
function partsOf(header: string): Record<string, string> {
  const parts: Record<string, string> = {};
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0) parts[part.slice(0, at).trim().toLowerCase()] = part.slice(at + 1).trim();
  }
  return parts;
}

function matching(value: string | undefined, form: RegExp): string | undefined {
  return value !== undefined && form.test(value) ? value : undefined;
}
