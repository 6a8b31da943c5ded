/**
 * A request as payload format 2.0. Sources: Lambda developer guide, "Invoking function URLs", and events recorded from
 * AWS. Members are in AWS's order.
 */
import { isUtf8 } from "node:buffer";

/** What came over HTTP. */
export interface ProxyRequest {
  readonly method: string;
  /** As it was sent: encoded, and beginning with a slash. */
  readonly path: string;
  /** Without the question mark. */
  readonly rawQuery: string;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** What the integration knows besides. */
export interface ProxyContext {
  /** Of a caller that signed; else `anonymous`. */
  readonly accountId: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly domainPrefix: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly timeMs: number;
  readonly routeKey: string;
  readonly stage: string;
  /** How the client reached the server. */
  readonly forwarded: { readonly proto: string; readonly port: string };
  readonly authorizer?: object;
}

export interface ProxyEventV2 {
  readonly version: "2.0";
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly requestContext: object;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

export function eventV2(request: ProxyRequest, context: ProxyContext): ProxyEventV2 {
  const headers = headersOf(request.rawHeaders);
  const userAgent = headers.get("user-agent") ?? "";
  const contentType = headers.get("content-type");
  const cookies = headers.get("cookie");
  addForwarded(headers, context);
  const rawPath = decodedOnce(request.path);
  const query = queryOf(request.rawQuery);
  const isText = isTextBody(request.body, contentType, headers.has("content-encoding"));
  const { authorizer } = context;
  return {
    version: "2.0",
    routeKey: context.routeKey,
    rawPath,
    rawQueryString: request.rawQuery,
    ...(cookies !== undefined && { cookies: cookiesOf(cookies) }),
    headers: Object.fromEntries(headers),
    ...(query.size > 0 && { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      accountId: context.accountId,
      apiId: context.apiId,
      ...(authorizer !== undefined && { authorizer }),
      domainName: context.domainName,
      domainPrefix: context.domainPrefix,
      http: {
        method: request.method,
        path: rawPath,
        protocol: context.protocol,
        sourceIp: context.sourceIp,
        userAgent,
      },
      requestId: context.requestId,
      routeKey: context.routeKey,
      stage: context.stage,
      time: logTime(context.timeMs),
      timeEpoch: context.timeMs,
    },
    ...(request.body.length > 0 && { body: textOf(request.body, isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/** Headers that mean one connection and not the request (RFC 9110, section 7.6.1). */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  ...["connection", "expect", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
]);

/** By lower-case name; several of one name are joined with commas, cookies as cookies are. */
function headersOf(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const value = rawHeaders[at + 1] ?? "";
    if (CONNECTION_HEADERS.has(name) || name.startsWith(":")) continue;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}${name === "cookie" ? "; " : ","}${value}`);
  }
  return headers;
}

function addForwarded(headers: Map<string, string>, { sourceIp, forwarded, traceId, domainName }: ProxyContext): void {
  const before = headers.get("x-forwarded-for");
  headers.set("x-forwarded-for", before === undefined ? sourceIp : `${before}, ${sourceIp}`);
  headers.set("x-forwarded-proto", forwarded.proto);
  headers.set("x-forwarded-port", forwarded.port);
  headers.set("x-amzn-trace-id", traceId);
  if (!headers.has("host")) headers.set("host", domainName);
}

function cookiesOf(header: string): string[] {
  return header
    .split(";")
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "");
}

/** Decoded values by decoded name; several of one name are joined with commas. */
function queryOf(rawQuery: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of rawQuery === "" ? [] : new URLSearchParams(rawQuery)) {
    const before = query.get(name);
    query.set(name, before === undefined ? value : `${before},${value}`);
  }
  return query;
}

/** Escapes that are none stay as they are. */
function decodedOnce(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

const TEXT_TYPE = /^(text\/.*|application\/(json|javascript|xml|.+\+(json|xml)))$/;

/** Whether the event carries the body as text; everything else is base64. */
function isTextBody(body: Uint8Array, contentType: string | undefined, encoded: boolean): boolean {
  const mediaType = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return !encoded && TEXT_TYPE.test(mediaType) && isUtf8(body);
}

function textOf(bytes: Uint8Array, encoding: "utf8" | "base64"): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `24/Nov/2025:23:09:39 +0000` */
function logTime(timeMs: number): string {
  const time = new Date(timeMs);
  const [date = "", clock = ""] = time.toISOString().split("T");
  return `${date.slice(8)}/${MONTHS[time.getUTCMonth()]}/${date.slice(0, 4)}:${clock.slice(0, 8)} +0000`;
}
