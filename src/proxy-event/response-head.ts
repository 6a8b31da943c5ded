/**
 * Status, headers and cookies that a function gave, as they may be sent: names and values that HTTP allows, and none that
 * would say how the body is framed, which is the server's to say. AWS keeps the latter under another name.
 */
import { BOUNDS } from "./limits.ts";

export interface ProxyHead {
  /** 200 to 599. */
  readonly status: number;
  /** In the function's order; cookies come last, one line each. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Undefined when the function's values cannot be sent as HTTP. */
export function headOf(given: Readonly<Record<string, unknown>>, defaultType: string): ProxyHead | undefined {
  const status = statusOf(given["statusCode"]);
  const headers = headersOf(given["headers"]);
  const cookies = cookiesOf(given["cookies"]);
  if (status === undefined || headers === undefined || cookies === undefined) return undefined;
  const hasType = headers.some(([name]) => name.toLowerCase() === "content-type");
  const lines = [...headers, ...(hasType ? [] : [["Content-Type", defaultType] as const]), ...cookies];
  return lines.length > BOUNDS.headerLines ? undefined : { status, headers: lines };
}

/** A number, or digits as text. Informational statuses would be no answer. */
function statusOf(value: unknown): number | undefined {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}

type Line = readonly [name: string, value: string];

function headersOf(given: unknown): Line[] | undefined {
  if (given === undefined || given === null) return [];
  if (!isObject(given)) return undefined;
  /** By lower-case name: of two that differ in case alone the last counts. */
  const lines = new Map<string, Line>();
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    const line = lineOf(name, value);
    if (line === undefined) return undefined;
    const sent = sentName(name);
    if (sent !== undefined) lines.set(sent.toLowerCase(), [sent, line]);
  }
  return [...lines.values()];
}

function cookiesOf(given: unknown): Line[] | undefined {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return undefined;
  const lines: Line[] = [];
  for (const cookie of given) {
    const value = lineOf("set-cookie", cookie);
    if (value === undefined) return undefined;
    lines.push(["set-cookie", value]);
  }
  return lines;
}

/** The service writes these itself; a function's own are kept under another name. */
const REMAPPED: ReadonlySet<string> = new Set([
  ...["authorization", "connection", "content-length", "date", "host", "server", "www-authenticate"],
  ...["x-amzn-requestid", "x-amzn-trace-id"],
]);
/** What would frame the body or speak of the connection. */
const DROPPED: ReadonlySet<string> = new Set([
  ...["expect", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
]);

function sentName(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (DROPPED.has(lower)) return undefined;
  return REMAPPED.has(lower) ? `x-amzn-Remapped-${name}` : name;
}

/** Tokens of RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Bytes that a field's value may have, RFC 9110, section 5.5. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The value as its bytes; undefined when name or value are no header. */
function lineOf(name: string, value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const line = Buffer.from(String(value).trim(), "utf8").toString("latin1");
  return NAME.test(name) && VALUE.test(line) ? line : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
