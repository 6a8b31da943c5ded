/**
 * A developer's own service on this machine, reachable at its usual `localhost:PORT` inside an environment because
 * `--expose PORT` named it. A plain pipe between two sockets; bounded connections; knows no protocol.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { EXPOSED_PORT_CONNECTIONS_MAX } from "./limits.ts";

/** A server, not listening yet, whose connections end at 127.0.0.1:`port` of this machine. */
export function exposedPortServer(port: number): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (inside: Socket) => {
    const outside = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const hangUp = (error: Error | null | undefined): void => {
      if (!error) return;
      inside.destroy();
      outside.destroy();
    };
    pipeline(inside, outside, hangUp);
    pipeline(outside, inside, hangUp);
  });
  server.maxConnections = EXPOSED_PORT_CONNECTIONS_MAX;
  return server;
}
