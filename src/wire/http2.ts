/**
 * HTTP/2 on the port that serves HTTP/1.1, without TLS: some clients (Kinesis for JavaScript among them) speak nothing
 * else. Such a connection begins with a fixed preface, so its first bytes decide who gets it. Node tells the two servers
 * apart by nothing but the `connection` event, which is what is divided here.
 */
import type { Server } from "node:http";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { nodeHttp2 } from "../base/index.ts";
import type { WireLimits } from "./limits.ts";
import type { Wire } from "./wire.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Divides the connections of `server`, before it listens. Its `close…Connections` methods then mean all of them. */
export function acceptHttp2(server: Server, wire: Wire, limits: WireLimits): void {
  const sessions = new Set<ServerHttp2Session>();
  const undecided = new Set<Socket>();
  let http2: Http2Server | undefined;
  const toHttp1 = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    undecided.add(socket);
    awaitFirstBytes(socket, limits.headersTimeoutMs, (first) => {
      undecided.delete(socket);
      if (first === undefined) socket.destroy();
      else if (isPreface(first)) {
        http2 ??= createHttp2Server(wire, limits, sessions);
        handOver(http2, socket);
      } else for (const listener of toHttp1) Reflect.apply(listener, server, [socket]);
    });
  });
  const { closeIdleConnections, closeAllConnections } = server;
  server.closeIdleConnections = () => {
    closeIdleConnections.call(server);
    for (const socket of undecided) socket.destroy();
    for (const session of sessions) session.close();
  };
  server.closeAllConnections = () => {
    closeAllConnections.call(server);
    for (const socket of undecided) socket.destroy();
    for (const session of sessions) session.destroy();
  };
}

/** Made at the first connection that speaks it. */
function createHttp2Server(wire: Wire, limits: WireLimits, sessions: Set<ServerHttp2Session>): Http2Server {
  const http2 = nodeHttp2().createServer({
    settings: { maxConcurrentStreams: limits.streamsMax, maxHeaderListSize: limits.headerBytesMax },
    maxSendHeaderBlockLength: limits.headerBytesMax,
  });
  http2.on("request", (request, response) => {
    request.setTimeout(limits.requestTimeoutMs, () => request.destroy());
    wire.handle(request, response);
  });
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    // Closing waits for a client that has not even begun.
    const drop = (): void => session.destroy();
    session.setTimeout(limits.headersTimeoutMs, drop);
    session.once("remoteSettings", () => {
      session.off("timeout", drop);
      session.setTimeout(limits.keepAliveTimeoutMs, () => session.close());
    });
  });
  return http2;
}

/** HTTP/1.1 lets a client stop sending and wait; in HTTP/2 a client that stops is gone. */
function handOver(http2: Http2Server, socket: Socket): void {
  socket.allowHalfOpen = false;
  http2.emit("connection", socket);
}

/** Calls `decide` once with what came first, still unread, or with undefined when nothing did. */
function awaitFirstBytes(socket: Socket, timeoutMs: number, decide: (first: Buffer | undefined) => void): void {
  const finish = (first: Buffer | undefined): void => {
    socket.setTimeout(0).off("timeout", onNothing).off("error", onNothing).off("close", onNothing);
    socket.off("readable", onReadable);
    decide(first);
  };
  const onNothing = (): void => finish(undefined);
  const onReadable = (): void => {
    const first: unknown = socket.read();
    if (Buffer.isBuffer(first)) socket.unshift(first);
    finish(Buffer.isBuffer(first) ? first : undefined);
  };
  socket.setTimeout(timeoutMs).on("timeout", onNothing).on("error", onNothing).on("close", onNothing);
  socket.on("readable", onReadable);
}

/** No request of HTTP/1.1 begins with these three letters and a space, however few bytes have come. */
function isPreface(bytes: Buffer): boolean {
  return bytes.length >= 4 && PREFACE.subarray(0, bytes.length).equals(bytes.subarray(0, PREFACE.length));
}
