/** How the distribution protocol answers: its error bodies, its headers. Knows no repository. */
import type { ServerResponse } from "node:http";
import type { RegistryProblem } from "./problems.ts";

const VERSION = { "docker-distribution-api-version": "registry/2.0" };

/** An answer without a body. */
export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = status === 204 ? {} : { "content-length": "0" };
  response.writeHead(status, { ...VERSION, ...length, ...headers }).end();
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(response, status, Buffer.from(JSON.stringify(value)), { "content-type": "application/json", ...headers });
}

export function sendBytes(
  response: ServerResponse,
  status: number,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...VERSION, "content-length": String(bytes.length), ...headers });
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}

/** Streams `content`, whose headers say how long it is. */
export async function sendStream(
  response: ServerResponse,
  status: number,
  content: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { pipeline } = await import("node:stream/promises");
  const { Readable } = await import("node:stream");
  response.writeHead(status, { ...VERSION, ...headers });
  await pipeline(Readable.from(content), response);
}

export function sendProblem(
  response: ServerResponse,
  { code, status, message }: RegistryProblem,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const challenge = status === 401 ? { "www-authenticate": 'Basic realm="Lambent",service="ecr"' } : {};
  sendJson(response, status, { errors: [{ code, message, detail: null }] }, { ...challenge, ...headers });
}
