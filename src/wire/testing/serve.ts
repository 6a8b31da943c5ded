/** A wire behind a real HTTP server on a free port, for tests. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { createHttpServer } from "../http-server.ts";
import type { WireLimits } from "../limits.ts";
import type { Service } from "../types.ts";
import { createWire, type Wire, type WireOptions } from "../wire.ts";

export interface TestServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  readonly wire: Wire;
  /** How many are open just now. */
  connections(): Promise<number>;
  /** Lines of the operational log. */
  readonly logLines: readonly string[];
}

export async function serve(
  services: readonly Service[],
  options: Partial<WireOptions> = {},
  limits: Partial<WireLimits> = {},
): Promise<TestServer> {
  const logLines: string[] = [];
  let port = 0;
  const wire = createWire({
    services,
    clock: systemClock,
    random: systemRandom,
    log: lineLog("debug", (line) => logLines.push(line)),
    endpoint: () => `http://127.0.0.1:${port}`,
    limits,
    ...options,
  });
  const server = createHttpServer(wire, limits);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    wire,
    connections: () => promisify(server.getConnections.bind(server))(),
    logLines,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
