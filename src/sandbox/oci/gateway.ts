/**
 * The way out for sandboxes of an ordinary user, who may not touch the host's network: from the network namespace that
 * stands in for it (see network-thread.ts) one slirp4netns carries traffic over the user's ordinary sockets. The host's
 * loopback is out of its reach; the firewall inside the namespace keeps the host's other addresses out of reach, too.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { networkInterfaces } from "node:os";
import type { Log } from "../../base/index.ts";
import { hasErrorCode } from "../errors.ts";
import { findProgram, helperEnv } from "../helper.ts";
import { GATEWAY_START_MS } from "../limits.ts";

const PROGRAM = "slirp4netns";
const TUN = "/dev/net/tun";
const READY_FD = 3;
/** Its other end is ours: when this server is gone, however it went, the program ends. */
const EXIT_FD = 4;

/** Why no gateway can be opened here, or undefined. */
export function gatewayObstacle(): string | undefined {
  if (findProgram(PROGRAM) === undefined) return `${PROGRAM} is not installed`;
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "EACCES", "EPERM")) return `this user may not open ${TUN}`;
    throw error;
  }
}

/** Addresses of this machine that a program on it, and so the gateway, would reach. Sorted. */
export function hostAddresses(): readonly string[] {
  const entries = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return entries.flatMap(({ family, address, internal }) => (family === "IPv4" && !internal ? [address] : [])).sort();
}

export class Gateway {
  readonly #child: ChildProcess;
  #closed = false;

  private constructor(child: ChildProcess, log: Log) {
    this.#child = child;
    child.once("exit", () => {
      if (!this.#closed) log.warn(`${PROGRAM} ended: functions cannot reach the network until the server is restarted`);
    });
  }

  /** Opens the network namespace of a descriptor; resolves when traffic can pass. */
  static async open(namespace: number, log: Log): Promise<Gateway> {
    const child = spawn(
      PROGRAM,
      [
        ...["--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp"],
        ...[`--ready-fd=${READY_FD}`, `--exit-fd=${EXIT_FD}`],
        ...["--netns-type=path", `/proc/${process.pid}/fd/${namespace}`, "tap0"],
      ],
      { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"], env: helperEnv() },
    );
    try {
      await untilReady(child);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    child.unref();
    return new Gateway(child, log);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#child.kill("SIGKILL");
    for (const stream of this.#child.stdio) stream?.destroy();
  }
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-500);
    });
    const timer = setTimeout(() => reject(new Error(`${PROGRAM} is not ready in time`)), GATEWAY_START_MS);
    child.stdio[READY_FD]?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`${PROGRAM} ended: ${complaint.trim()}`));
    });
  });
}
