/**
 * Doors between a test and the functions that it runs: a function waits at a gate until the test opens it, and tells the
 * test how far it is. So a test proves an order without a clock. Reached at the host's port (`lambent up --expose`).
 */
import { createServer, type ServerResponse } from "node:http";

export interface Gates extends AsyncDisposable {
  readonly port: number;
  /** Lets those pass who wait at `name`, and all who come later. */
  open(name: string): void;
  /** Resolves with the value of the `count`th time that `name` was told. */
  told(name: string, count?: number): Promise<string>;
}

/** Source of `wait(name)` and `tell(name, value)` for a function in JavaScript. */
export function gateClient(port: number): string {
  return `
const ask = async (path) => await (await fetch("http://localhost:${port}/" + path)).text();
const wait = (name) => ask("wait/" + name);
const tell = (name, value = "") => ask("tell/" + name + "/" + encodeURIComponent(value));
`;
}

export async function openGates(): Promise<Gates> {
  const open = new Set<string>();
  const waiting = new Map<string, ServerResponse[]>();
  const told = new Map<string, string[]>();
  let changed = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    // A client in another process opens a gate as the test would.
    const [, verb, name = "", value = ""] = (request.url ?? "").split("/").map(decodeURIComponent);
    if (verb === "open") gates.open(name);
    if (verb === "wait" && !open.has(name)) {
      waiting.set(name, [...(waiting.get(name) ?? []), response]);
      return;
    }
    if (verb === "tell") {
      told.set(name, [...(told.get(name) ?? []), value]);
      changed.resolve();
      changed = Promise.withResolvers();
    }
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
  const gates: Gates = {
    port: address.port,
    open(name) {
      open.add(name);
      for (const response of waiting.get(name) ?? []) response.end("ok");
      waiting.delete(name);
    },
    async told(name, count = 1) {
      for (;;) {
        const value = told.get(name)?.[count - 1];
        if (value !== undefined) return value;
        await changed.promise;
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gates;
}
