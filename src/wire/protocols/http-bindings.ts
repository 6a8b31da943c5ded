/**
 * Where the members of REST operations travel: labels, query, headers, the payload, the status code, or the body. Compiled
 * per structure once; decodes the request's side and encodes the response's. Protocol-neutral: what a body looks like is
 * the business of rest-json.ts and rest-xml.ts.
 */
import type { IncomingHttpHeaders } from "node:http";
import { setOwn } from "../codec/document-decoder.ts";
import { parseScalar, printScalar } from "../codec/scalars.ts";
import { isStruct, type Member, type Shape, type SimpleShape } from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";

export interface Bindings {
  readonly labels: readonly Member[];
  readonly query: readonly (readonly [name: string, member: Member])[];
  readonly queryParams: Member | undefined;
  readonly headers: readonly (readonly [name: string, member: Member])[];
  readonly prefixHeaders: readonly (readonly [prefix: string, member: Member])[];
  readonly payload: Member | undefined;
  readonly statusCode: Member | undefined;
  readonly body: readonly Member[];
}

/** `request` bindings know labels and query, `response` bindings the status code; the rest is common. */
export function compileBindings(shape: Shape, direction: "request" | "response"): Bindings {
  const members = isStruct(shape) ? shape.members : [];
  const isRequest = direction === "request";
  const labels = isRequest ? members.filter((member) => member.traits.httpLabel) : [];
  const query = isRequest ? members.flatMap((member) => pair(member.traits.httpQuery, member)) : [];
  const queryParams = isRequest ? members.find((member) => member.traits.httpQueryParams) : undefined;
  const headers = members.flatMap((member) => pair(member.traits.httpHeader, member));
  const prefixHeaders = members.flatMap((member) => pair(member.traits.httpPrefixHeaders, member));
  const payload = members.find((member) => member.traits.httpPayload || isStreamMember(member));
  const statusCode = isRequest ? undefined : members.find((member) => member.traits.httpResponseCode);
  const bound = new Set([...labels, queryParams, payload, statusCode]);
  for (const [, member] of [...query, ...headers, ...prefixHeaders]) bound.add(member);
  return {
    labels,
    query,
    queryParams,
    headers: headers.map(([name, member]) => [isRequest ? name.toLowerCase() : name, member]),
    prefixHeaders: prefixHeaders.map(([prefix, member]) => [isRequest ? prefix.toLowerCase() : prefix, member]),
    payload,
    statusCode,
    body: members.filter((member) => !bound.has(member)),
  };
}

function pair(name: string | undefined, member: Member): (readonly [string, Member])[] {
  return name === undefined ? [] : [[name, member]];
}

function isStreamMember(member: Member): boolean {
  return member.traits.streaming === 1 || (member.shape.kind === "blob" && member.shape.streaming === true);
}

/** Everything of the input that is not in the body. @throws ServiceError SerializationException */
export function decodeBoundMembers(
  bindings: Bindings,
  labels: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, readonly string[]>,
  headers: IncomingHttpHeaders,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const member of bindings.labels) {
    const text = labels[member.name];
    if (text !== undefined) input[member.name] = parseText(member.shape, text, "date-time");
  }
  for (const [name, member] of bindings.query) {
    const values = query.get(name);
    if (values) input[member.name] = parseQueryValues(member.shape, values);
  }
  if (bindings.queryParams)
    input[bindings.queryParams.name] = collectQueryParams(bindings, bindings.queryParams, query);
  for (const [name, member] of bindings.headers) {
    const text = headers[name];
    if (typeof text === "string") input[member.name] = parseHeader(member.shape, text);
  }
  for (const [prefix, member] of bindings.prefixHeaders) {
    const collected = collectPrefixed(prefix, headers);
    if (collected) input[member.name] = collected;
  }
  return input;
}

function parseText(shape: Shape, text: string, format: "date-time" | "http-date"): unknown {
  if (isStruct(shape) || shape.kind === "list" || shape.kind === "map") {
    throw serializationError(`${shape.name} can not be read from text`);
  }
  return parseScalar(shape, text, format);
}

function parseQueryValues(shape: Shape, values: readonly string[]): unknown {
  if (shape.kind === "list") return values.map((value) => parseText(shape.element, value, "date-time"));
  return parseText(shape, values[0] ?? "", "date-time");
}

function collectQueryParams(
  bindings: Bindings,
  member: Member,
  query: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  const bound = new Set(bindings.query.map(([name]) => name));
  const wantsLists = member.shape.kind === "map" && member.shape.value.kind === "list";
  for (const [name, values] of query) {
    if (!bound.has(name)) setOwn(target, name, wantsLists ? [...values] : values[0]);
  }
  return target;
}

function parseHeader(shape: Shape, text: string): unknown {
  if (shape.kind !== "list") return parseText(shape, text, "http-date");
  const { element } = shape;
  return splitHeader(text, element.kind === "timestamp" && (element.format ?? "http-date") === "http-date").map(
    (part) => parseText(element, part, "http-date"),
  );
}

/** Splits at commas outside of quotes; an HTTP date has a comma of its own. */
function splitHeader(text: string, areDates: boolean): string[] {
  if (areDates) return text.match(/[A-Za-z]{3},[^,]*/g) ?? [];
  const parts = text.match(/\s*"(?:[^"\\]|\\.)*"\s*|[^,]+/g) ?? [];
  return parts.map((part) => {
    const trimmed = part.trim();
    return trimmed.startsWith('"') && trimmed.endsWith('"') && trimmed.length > 1
      ? trimmed.slice(1, -1).replace(/\\(.)/g, "$1")
      : trimmed;
  });
}

function collectPrefixed(prefix: string, headers: IncomingHttpHeaders): Record<string, unknown> | undefined {
  let target: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    target ??= {};
    setOwn(target, name.slice(prefix.length), String(value));
  }
  return target;
}

/** Headers of a response (or of an error) from the members that are bound to them. */
export function encodeHeaders(bindings: Bindings, value: object): Record<string, string> {
  const source = value as Readonly<Record<string, unknown>>;
  const headers: Record<string, string> = {};
  for (const [name, member] of bindings.headers) {
    const item = source[member.name];
    if (item !== undefined && item !== null) headers[name] = printHeader(member.shape, item);
  }
  for (const [prefix, member] of bindings.prefixHeaders) {
    for (const [key, item] of Object.entries(source[member.name] ?? {}))
      headers[prefix + key] = headerSafe(String(item));
  }
  return headers;
}

function printHeader(shape: Shape, value: unknown): string {
  if (shape.kind === "list") {
    const { element } = shape;
    return headerSafe(
      [...(value as Iterable<unknown>)]
        .map((item) => quoteIfNeeded(printHeader(element, item), element.kind))
        .join(", "),
    );
  }
  return headerSafe(printScalar(shape as SimpleShape, value, "http-date"));
}

function quoteIfNeeded(text: string, kind: Shape["kind"]): string {
  return kind === "string" && /[",]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

/** Bytes that HTTP forbids in a header become spaces; text beyond Latin-1 travels as its UTF-8 bytes. */
function headerSafe(text: string): string {
  const clean = text.replace(/[\r\n\0]/g, " ");
  return /[^\x20-\xff]/.test(clean) ? Buffer.from(clean, "utf8").toString("latin1") : clean;
}
