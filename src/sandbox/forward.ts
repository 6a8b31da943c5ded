/**
 * Makes a service on the host's loopback reachable inside one sandbox at the same `localhost:PORT`. With the `process`
 * driver there is nothing to do: the host's loopback is the function's own.
 */
import { connect, createServer, type Socket } from "node:net";
import type { Sandbox } from "./driver.ts";

/** Listens inside and pipes each connection to 127.0.0.1:port of the host; ends with the sandbox. */
export async function forwardPort(sandbox: Sandbox, port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    join(inside, outside);
    join(outside, inside);
  });
  await sandbox.listen(server, "127.0.0.1", port);
}

/** A side that ends is ended on the other; one that fails takes the other with it. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
}
