/** The HTTP server that one sandbox sees, and how its APIs answer. The client is hostile code: everything is bounded. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { nodeHttp } from "../base/index.ts";
import { RUNTIME_API_CONNECTIONS_MAX, RUNTIME_API_HEADER_BYTES_MAX, RUNTIME_API_HEADERS_TIMEOUT_MS } from "./limits.ts";

export function boundedServer(route: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = nodeHttp().createServer(
    { maxHeaderSize: RUNTIME_API_HEADER_BYTES_MAX, noDelay: true, keepAlive: false, requireHostHeader: false },
    (request, response) => {
      request.on("error", () => request.destroy());
      route(request, response);
    },
  );
  server.maxConnections = RUNTIME_API_CONNECTIONS_MAX;
  server.headersTimeout = RUNTIME_API_HEADERS_TIMEOUT_MS;
  // A response may take as long as its function may run, and `next` has no time limit.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

export function accept(response: ServerResponse): void {
  reply(response, 202, '{"status":"OK"}\n', "application/json");
}

export function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  reply(response, status, `${JSON.stringify({ errorMessage, errorType })}\n`, "application/json");
}

export function notFound(response: ServerResponse): void {
  reply(response, 404, "404 page not found\n", "text/plain; charset=utf-8");
}

export function reply(response: ServerResponse, status: number, body: string, contentType: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** UTF-8 bytes as a header value; line breaks, which no header can hold, become spaces. */
export function headerText(text: string): string {
  return Buffer.from(text.replaceAll(/\p{Cc}/gu, " "), "utf8").toString("latin1");
}
