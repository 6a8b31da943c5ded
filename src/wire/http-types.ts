/**
 * Requests and responses of HTTP/1.1 and HTTP/2 as one: Node gives both the same methods, and these few functions level
 * the differences, so nothing else of the wire asks which of the two it serves.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Writable } from "node:stream";
import { nodeHttp } from "../base/index.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** Whether nobody is left to read the response. */
export function isGone(response: HttpResponse): boolean {
  if (!isHttp2(response)) return response.destroyed;
  const stream: Http2ServerResponse["stream"] | undefined = response.stream;
  return stream === undefined || stream.destroyed || stream.closed;
}

/** Whether all of the response has been handed over. */
export function isSent(response: HttpResponse): boolean {
  return isHttp2(response) ? response.writableEnded : response.writableFinished;
}

/** Ends the exchange so that the client sees it was cut short. */
export function hangUp(response: HttpResponse): void {
  if (isHttp2(response)) response.stream.close(INTERNAL_ERROR);
  else response.destroy();
}

let Http1Response: typeof ServerResponse | undefined;

export function isHttp2(response: HttpResponse): response is Http2ServerResponse {
  // The module is a value of this process, but not before a server has asked for it.
  Http1Response ??= nodeHttp().ServerResponse;
  return !(response instanceof Http1Response);
}

/** HTTP/2's code for "the server failed" (RFC 9113, section 7). */
const INTERNAL_ERROR = 2;

/**
 * Once the head is written: sends it at once and gives what the body is written to. A reader that takes nothing of what waits for it for as long as
 * `stalledReaderMs` is cut off; a writer may take its time.
 */
export function bodyOf(response: HttpResponse, stalledReaderMs: number = DEFAULT_LIMITS.stalledReaderMs): Writable {
  const body = isHttp2(response) ? response.stream : response;
  if (!isHttp2(response)) response.flushHeaders();
  body.on("timeout", () => {
    if (body.writableLength > 0) hangUp(response);
  });
  response.setTimeout(stalledReaderMs);
  // The next request on this connection has its own time.
  body.prependOnceListener("finish", () => response.setTimeout(0));
  return body;
}

/** HTTP/2 has its host in a header of its own. */
export function hostOf(request: HttpRequest): string | undefined {
  const authority = request.headers[":authority"];
  return request.headers.host ?? (typeof authority === "string" ? authority : undefined);
}
