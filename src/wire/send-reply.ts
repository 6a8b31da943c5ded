/** Writes a reply: whole bodies with their length, streams with backpressure until they end or the client leaves. */
import type { OutgoingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bodyOf, type HttpResponse, isGone, isHttp2 } from "./http-types.ts";
import type { Reply } from "./protocols/protocol.ts";

/** Up to here a body is joined to its head, so that both leave in one piece; a longer one is not worth the copy. */
const JOINED_BODY_BYTES = 16 * 1024;

/** `fields` come before the reply's own headers, which are added to them. */
export async function sendReply(
  response: HttpResponse,
  reply: Reply,
  isHead: boolean,
  fields: OutgoingHttpHeaders,
): Promise<void> {
  if (isGone(response)) {
    if (reply.body instanceof Readable) reply.body.destroy();
    return;
  }
  const { status, body, headers } = reply;
  for (const [name, value] of Object.entries(headers)) fields[name] = typeof value === "string" ? value : [...value];
  const isEmpty = body === undefined || isHead || status === 204 || status === 304 || status < 200;
  if (isEmpty) {
    if (body instanceof Readable) body.destroy();
    if (status !== 204 && status !== 304 && !isHead) fields["Content-Length"] = 0;
    writeHead(response, status, fields);
    response.end();
    return;
  }
  if (typeof body === "string" || body instanceof Uint8Array) {
    const length = Buffer.byteLength(body);
    fields["Content-Length"] = length;
    writeHead(response, status, fields);
    endWith(response, body, length);
    return;
  }
  writeHead(response, status, fields);
  await pipeline(body, bodyOf(response));
}

/** In one go: header by header, Node.js keeps them in a table first, which takes longer than all else about them. */
function writeHead(response: HttpResponse, status: number, fields: OutgoingHttpHeaders): void {
  if (isHttp2(response)) response.writeHead(status, fields);
  else response.writeHead(status, fields);
}

/**
 * Latin-1 maps every byte to itself, and a text leaves together with its head where bytes would be written after it. A text
 * that is as long in bytes is ASCII, which need not be encoded.
 */
function endWith(response: HttpResponse, body: string | Uint8Array, length: number): void {
  if (typeof body === "string") response.end(body, body.length === length ? "latin1" : "utf8");
  else if (body.length > JOINED_BODY_BYTES || isHttp2(response)) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
}
