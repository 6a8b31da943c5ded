/** Writing answers, over HTTP/1.1 and HTTP/2 alike. Lengths and framing are decided here and never by a function. */
import { once } from "node:events";
import type { ProxyHead } from "../proxy-event/index.ts";
import { bodyOf, cutShort, type HttpResponse, isGone } from "../wire/index.ts";

/** Statuses whose answers have no body, whatever the function gave (RFC 9110, section 6.4.1). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

export function sendWhole(response: HttpResponse, head: ProxyHead, body: Uint8Array | string): void {
  if (isGone(response)) return;
  const hasBody = !BODILESS.has(head.status);
  writeHead(response, head, hasBody ? Buffer.byteLength(body) : undefined);
  response.end(hasBody ? body : "");
}

/** A body that is sent as it comes. */
export interface OpenAnswer {
  /** Resolves when more may be written; also when nobody is left to read. */
  write(chunk: Uint8Array): Promise<void>;
  end(): void;
  /** Ends the connection, so that the client sees that something is missing. */
  abort(): void;
}

/** Sends the head at once. */
export function sendOpen(response: HttpResponse, head: ProxyHead, isHead: boolean): OpenAnswer {
  if (isGone(response)) return NOBODY;
  writeHead(response, head);
  if (isHead || BODILESS.has(head.status)) {
    response.end();
    return NOBODY;
  }
  const body = bodyOf(response);
  // A client that goes away is no failure: what is written afterwards is dropped.
  body.on("error", () => undefined);
  return {
    async write(chunk) {
      if (isGone(response) || body.write(chunk)) return;
      const left = new AbortController();
      await Promise.race([once(body, "drain", left), once(body, "close", left)]).finally(() => left.abort());
    },
    end: () => void (isGone(response) || body.end()),
    abort: () => void (isGone(response) || cutShort(response)),
  };
}

const NOBODY: OpenAnswer = { write: async () => undefined, end: () => undefined, abort: () => undefined };

/** `length` is that of the whole body, when it is known. */
function writeHead(response: HttpResponse, { status, headers }: ProxyHead, length?: number): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (length !== undefined) response.setHeader("content-length", length);
  response.writeHead(status);
}
