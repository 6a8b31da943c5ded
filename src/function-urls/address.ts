/**
 * Which function URL a request means: by its host name, `{id}.lambda-url.{region}.…` whatever the domain, or by a path
 * for tools that cannot resolve such names, `/_lambent/urls/{id}/…`.
 */
import type { IncomingHttpHeaders } from "node:http";
import { type HttpRequest, hostOf } from "../wire/index.ts";

export interface UrlAddress {
  readonly id: string;
  /** Undefined when only the path says it. */
  readonly region: string | undefined;
  /** As the function sees it: encoded, beginning with a slash. */
  readonly path: string;
  /** As it was sent, and signed. */
  readonly sentPath: string;
  readonly rawQuery: string;
  /** The name by which the client called. */
  readonly host: string;
}

const HOST = /^([a-z0-9-]{1,63})\.lambda-url\.([a-z0-9-]{1,32})\./i;
const PATH_PREFIX = "/_lambent/urls/";
const PATH = /^\/_lambent\/urls\/([a-z0-9-]{1,63})(?=\/|$)/i;

/** Undefined when the request is none for a function URL. */
export function addressOf(request: HttpRequest): UrlAddress | undefined {
  const host = hostOf(request) ?? "";
  const byHost = host.length > HOST_LENGTH_MIN ? HOST.exec(host) : null;
  const target = request.url ?? "/";
  if (byHost === null && !target.startsWith(PATH_PREFIX)) return undefined;
  const { path, rawQuery } = split(target);
  if (byHost !== null) return { id: lower(byHost[1]), region: lower(byHost[2]), path, sentPath: path, rawQuery, host };
  const byPath = PATH.exec(path);
  if (byPath === null) return undefined;
  const rest = path.slice(byPath[0].length) || "/";
  return { id: lower(byPath[1]), region: undefined, path: rest, sentPath: path, rawQuery, host };
}

/** What runs scripts in the origin that it was loaded from. */
const DOCUMENTS: ReadonlySet<string> = new Set([
  ...["document", "embed", "fencedframe", "frame", "iframe", "object", "serviceworker", "sharedworker", "worker"],
]);

/** Whether a browser asks for something that it will run as a page; older ones do not say so, but want HTML. */
export function opensDocument(headers: IncomingHttpHeaders): boolean {
  const purpose = headers["sec-fetch-dest"];
  if (typeof purpose === "string") return DOCUMENTS.has(purpose);
  return headers.accept?.includes("text/html") === true;
}

/** Shorter names are no function URL's; most requests are told by it. */
const HOST_LENGTH_MIN = "a.lambda-url.b.c".length;

/** A target may be a whole URL, as proxies send it. */
function split(target: string): { readonly path: string; readonly rawQuery: string } {
  const local = target.startsWith("/") ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const mark = local.indexOf("?");
  const path = mark < 0 ? local : local.slice(0, mark);
  return { path: path.startsWith("/") ? path : `/${path}`, rawQuery: mark < 0 ? "" : local.slice(mark + 1) };
}

function lower(text: string | undefined): string {
  return (text ?? "").toLowerCase();
}
