/** Writes a reply: whole bodies with their length, streams with backpressure until they end or the client leaves. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bodyOf, type HttpResponse, isGone } from "./http-types.ts";
import type { Reply } from "./protocols/protocol.ts";

export async function sendReply(response: HttpResponse, reply: Reply, isHead: boolean): Promise<void> {
  if (isGone(response)) {
    if (reply.body instanceof Readable) reply.body.destroy();
    return;
  }
  const { status, body } = reply;
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  response.statusCode = status;
  const isEmpty = body === undefined || isHead || status === 204 || status === 304 || status < 200;
  if (isEmpty) {
    if (body instanceof Readable) body.destroy();
    if (status !== 204 && status !== 304 && !isHead) response.setHeader("Content-Length", 0);
    response.end();
    return;
  }
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.setHeader("Content-Length", Buffer.byteLength(body));
    response.end(body);
    return;
  }
  await pipeline(body, bodyOf(response));
}
