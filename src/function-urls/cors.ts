/**
 * CORS as function URLs have it, recorded from AWS: preflights are answered by the service and never reach the function,
 * even those that it refuses, which get no CORS headers; on other answers the configured headers come in addition to the
 * function's own, also where both say the same.
 */
import type { CorsRecord } from "../lambda/index.ts";

type Headers = (readonly [name: string, value: string])[];

export interface CorsRequest {
  readonly origin: string | undefined;
  /** `access-control-request-method` of a preflight. */
  readonly requestMethod: string | undefined;
  /** `access-control-request-headers` of a preflight. */
  readonly requestHeaders: string | undefined;
}

/** Headers of the answer to a preflight; none when it is refused. */
export function preflightHeaders(cors: CorsRecord, { origin, requestMethod, requestHeaders }: CorsRequest): Headers {
  if (origin === undefined || !allowsOrigin(cors, origin)) return [];
  const methods = cors.allowMethods ?? [];
  if (requestMethod === undefined || !allows(methods, requestMethod)) return [];
  const asked = (requestHeaders ?? "").split(",").map((name) => name.trim());
  const headers = cors.allowHeaders ?? [];
  if (!asked.every((name) => name === "" || allows(headers, name))) return [];
  return [
    ["Access-Control-Allow-Origin", origin],
    ...given("Access-Control-Allow-Headers", shownList(headers, requestHeaders, cors)),
    ["Vary", "Origin"],
    ...given("Access-Control-Allow-Methods", shownList(methods, requestMethod, cors)),
    ...given("Access-Control-Max-Age", cors.maxAgeSeconds?.toString()),
    ...credentials(cors),
  ];
}

/** Headers that come with the function's answer to a request from a page of another origin. */
export function answerHeaders(cors: CorsRecord | undefined, origin: string | undefined): Headers {
  if (cors === undefined || origin === undefined || !allowsOrigin(cors, origin)) return [];
  return [
    ["Access-Control-Allow-Origin", origin],
    ...given("Access-Control-Expose-Headers", cors.exposeHeaders?.join(",")),
    ["Vary", "Origin"],
    ...credentials(cors),
  ];
}

/** With credentials browsers take a star literally, so what was asked for stands for it. */
function shownList(list: readonly string[], asked: string | undefined, cors: CorsRecord): string | undefined {
  return cors.allowCredentials === true && list.includes("*") ? asked : list.join(",");
}

function credentials(cors: CorsRecord): Headers {
  return cors.allowCredentials === true ? [["Access-Control-Allow-Credentials", "true"]] : [];
}

function given(name: string, value: string | undefined): Headers {
  return value === undefined || value === "" ? [] : [[name, value]];
}

function allows(list: readonly string[], asked: string): boolean {
  return list.some((item) => item === "*" || item.toLowerCase() === asked.toLowerCase());
}

/** Entries may end in a star: `*`, `https://*`. */
function allowsOrigin({ allowOrigins = [] }: CorsRecord, origin: string): boolean {
  return allowOrigins.some((item) =>
    item.endsWith("*") ? origin.startsWith(item.slice(0, -1)) : item.toLowerCase() === origin.toLowerCase(),
  );
}
