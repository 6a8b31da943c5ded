/** Clients that hold on to connections on which they say nothing that would be a request. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { lineLog, systemClock, systemRandom } from "../base/index.ts";
import { createHttpServer, createWire } from "./index.ts";

const LIMITS = {
  ...{ headersTimeoutMs: 100, requestTimeoutMs: 100, connectionsCheckingIntervalMs: 20 },
  ...{ lingerMs: 50, keepAliveTimeoutMs: 100 },
};
const SAID: Readonly<Record<string, string>> = {
  nothing: "",
  "half a request line": "GET /",
  "half a head": "GET / HTTP/1.1\r\nHost: localhost\r\nX-",
  "half of what begins HTTP/2": "PRI * HTTP/2.0\r\n",
  "no HTTP": "hello\r\n\r\n",
};

for (const [what, text] of Object.entries(SAID)) {
  test(`a client that says ${what} and never hangs up loses its connection`, async () => {
    const log = lineLog("error", (line) => void process.stderr.write(line));
    const ports = { clock: systemClock, random: systemRandom, log };
    const wire = createWire({ ...ports, services: [], endpoint: () => "" });
    const server = createHttpServer(wire, LIMITS);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const accepted = once(server, "connection");
    const client = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("error", () => undefined);
    client.write(text);
    const [connection]: Socket[] = await accepted;
    try {
      if (connection?.closed === false) await once(connection, "close");
    } finally {
      client.destroy();
      server.close();
    }
  });
}
