/** Machines that sandboxes may reach and must not, made for a test: another machine, and this one at all its addresses. Needs root. */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";

export interface Internet {
  /** `host:port` of a server on another machine. */
  readonly target: string;
  /** This machine's address on the way there. */
  readonly here: string;
}

/** Addresses at which clouds keep what a function must not read. */
export const metadataTargets: readonly string[] = ["169.254.169.254:80", "169.254.170.2:80", "100.100.100.200:80"];

/** A machine of "the internet": a network namespace behind a veth pair, with a TCP server on port 80. */
export async function withInternet(use: (internet: Internet) => Promise<void>): Promise<void> {
  const name = `lt${randomBytes(3).toString("hex")}`;
  const net = `198.18.${randomBytes(1)[0]}`;
  const ip = (...args: string[]): Buffer => execFileSync("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
  ip("netns", "add", name);
  try {
    ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("addr", "add", `${net}.1/24`, "dev", name);
    ip("link", "set", name, "up");
    ip("-n", name, "addr", "add", `${net}.2/24`, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
    const server = `require("node:net").createServer((s) => s.on("error", () => s.destroy()).end()).listen(80, () => console.log("up"))`;
    const machine = spawn("ip", ["netns", "exec", name, process.execPath, "-e", server], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(machine.stdout, "data");
      await use({ target: `${net}.2:80`, here: `${net}.1` });
    } finally {
      const ended = machine.exitCode === null ? once(machine, "exit") : undefined;
      machine.kill("SIGKILL");
      await ended;
    }
  } finally {
    ip("netns", "del", name);
  }
}

/** Starts listening at a free port and resolves with it. */
export function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  return once(server, "listening").then(() => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
}

/** A server on all addresses of this machine; `use` is given all that might lead there. */
export async function withHostServer(
  internet: Internet,
  use: (targets: readonly string[]) => Promise<void>,
): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).end());
  const port = await listening(server, "0.0.0.0");
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const external = own.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
  const hosts = new Set(["127.0.0.1", "169.254.127.1", "10.0.2.2", internet.here, ...external]);
  try {
    await use([...hosts].map((host) => `${host}:${port}`));
  } finally {
    server.close();
  }
}
