/**
 * A node:http server in front of a wire, with every bound set against slow, silent and crowding clients. Requests that are
 * no HTTP at all are answered in AWS's shape and the connection closed.
 */
import type { Server } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { nodeHttp } from "../base/index.ts";
import { acceptHttp2 } from "./http2.ts";
import { DEFAULT_LIMITS, type WireLimits } from "./limits.ts";
import type { Wire } from "./wire.ts";

/** The server is not listening yet: the caller chooses address and namespace. */
export function createHttpServer(wire: Wire, limits: Partial<WireLimits> = {}): Server {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  const server = nodeHttp().createServer(
    {
      headersTimeout: bounds.headersTimeoutMs,
      requestTimeout: bounds.requestTimeoutMs,
      connectionsCheckingInterval: bounds.connectionsCheckingIntervalMs,
      keepAliveTimeout: bounds.keepAliveTimeoutMs,
      maxHeaderSize: bounds.headerBytesMax,
      noDelay: true,
      keepAlive: true,
      insecureHTTPParser: false,
      joinDuplicateHeaders: false,
    },
    (request, response) => wire.handle(request, response),
  );
  server.maxConnections = bounds.connectionsMax;
  server.on("clientError", (error, socket) => answerClientError(error, socket, bounds.lingerMs));
  acceptHttp2(server, wire, bounds);
  return server;
}

const STATUS_BY_CODE: Readonly<Record<string, string | undefined>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, lingerMs: number): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE[error.code ?? ""] ?? "400 Bad Request";
  const body = JSON.stringify({ message: status.slice(4) });
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.end(head + body);
  // Who does not hang up by then is hung up on, and cannot put that off by sending more.
  socket.pause();
  if (socket instanceof Socket) socket.setTimeout(lingerMs, () => socket.destroy());
}
