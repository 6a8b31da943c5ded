/** Writing answers, over HTTP/1.1 and HTTP/2 alike. Lengths and framing are decided here and never by a function. */
import { once } from "node:events";
import type { OutgoingHttpHeaders } from "node:http";
import type { ProxyHead } from "../proxy-event/index.ts";
import { bodyOf, type HttpResponse, hangUp, isGone, isHttp2 } from "../wire/index.ts";

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
  /** Ends the connection after what was written, so that the client sees that something is missing. */
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
  let handedOver = Promise.resolve();
  return {
    async write(chunk) {
      if (isGone(response)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      handedOver = promise;
      if (body.write(chunk, () => resolve())) return;
      const left = new AbortController();
      await Promise.race([once(body, "drain", left), once(body, "close", left)]).finally(() => left.abort());
    },
    end: () => void (isGone(response) || body.end()),
    abort: () => void handedOver.then(() => isGone(response) || hangUp(response)),
  };
}

const NOBODY: OpenAnswer = { write: async () => undefined, end: () => undefined, abort: () => undefined };

/** `length` is that of the whole body, when it is known. In one go, which is what Node.js does fastest. */
function writeHead(response: HttpResponse, { status, headers }: ProxyHead, length?: number): void {
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [name, value] of headers) {
    const same = byName.get(name.toLowerCase());
    if (same === undefined) byName.set(name.toLowerCase(), { name, values: [value] });
    else same.values.push(value);
  }
  // HTTP/2 here takes several lines of few names only; joined they mean the same (RFC 9110, section 5.3).
  const several = (name: string, values: string[]): string | string[] =>
    isHttp2(response) && name.toLowerCase() !== "set-cookie" ? values.join(", ") : values;
  const fields: OutgoingHttpHeaders = Object.fromEntries(
    [...byName.values()].map(({ name, values }) => [name, values.length === 1 ? values[0] : several(name, values)]),
  );
  if (length !== undefined) fields["Content-Length"] = length;
  if (isHttp2(response)) response.writeHead(status, fields);
  else response.writeHead(status, fields);
}
