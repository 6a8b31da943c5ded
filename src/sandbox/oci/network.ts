/**
 * Networks of sandboxes: each a network namespace with loopback, and where the host allows a way out (a veth pair,
 * masqueraded). Namespaces are made ahead, a few more than were needed lately, because making one takes the kernel a
 * while. They are held by descriptor only, so those of a killed server vanish with its sandboxes.
 */
import { createHash } from "node:crypto";
import { closeSync, readFileSync, writeFileSync } from "node:fs";
import type { Log } from "../../base/index.ts";
import { hasErrorCode, ignoring } from "../errors.ts";
import { EGRESS_ADDRESSES, NETWORKS_AHEAD_MAX } from "../limits.ts";
import { addAddress, addDefaultRoute, addHostRoute, createVeth, linkIndex, linkUp, netlink } from "../linux/netlink.ts";
import { createNetworkNamespace, inNetworkNamespace } from "../linux/netns.ts";
import { RefusedConnections } from "../linux/refused.ts";
import { applyFirewall, removeFirewall } from "./firewall.ts";

const LOOPBACK_INDEX = 1;
/** The host's end of every veth pair. Link-local, so it collides with nothing that a function may reach. */
const GATEWAY = "169.254.127.1";
const FIRST_ADDRESS = [169, 254, 128, 1] as const;

export interface Network {
  /** Network namespace descriptor. */
  readonly namespace: number;
  /** Resolves when the way out is open, or known not to be. */
  readonly ready: Promise<void>;
  /** Connections that loopback refused inside. */
  readonly refused: RefusedConnections;
  close(): void;
}

export class Networks {
  /** Devices of this server begin with it; the firewall matches on it. */
  readonly devicePrefix: string;
  readonly #instance: string;
  readonly #log: Log;
  readonly #ahead: Network[] = [];
  #opening: Promise<boolean> = Promise.resolve(false);
  #egress = false;
  #counter = 0;
  #closed = false;
  #refill: NodeJS.Immediate | undefined;

  constructor(instance: string, log: Log) {
    this.#instance = instance;
    this.#log = log;
    this.devicePrefix = devicePrefix(instance);
  }

  /** Opens the way out for all networks, also those given away already. False, with a warning logged, when it stays shut. */
  openEgress(): Promise<boolean> {
    this.#opening = this.#openEgress();
    return this.#opening;
  }

  /** A network of one's own: one made ahead, or a new one. */
  take(): Network {
    const network = this.#ahead.pop() ?? this.#make();
    this.#refill ??= setImmediate(() => this.#makeAhead());
    return network;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearImmediate(this.#refill);
    for (const network of this.#ahead.splice(0)) network.close();
    if (await this.#opening) await removeFirewall(this.#instance);
  }

  async #openEgress(): Promise<boolean> {
    try {
      await applyFirewall(this.#instance, this.devicePrefix);
      if (readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() !== "1") {
        writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
        this.#log.info("switched net.ipv4.ip_forward on, so that functions reach the network");
      }
      this.#egress = true;
    } catch (error) {
      this.#log.warn("functions cannot reach the network", { error });
    }
    return this.#egress;
  }

  #makeAhead(): void {
    this.#refill = undefined;
    if (this.#closed || this.#ahead.length >= NETWORKS_AHEAD_MAX) return;
    this.#ahead.push(this.#make());
  }

  #make(): Network {
    const { namespace, result: refused } = createNetworkNamespace(() => {
      // No IPv6 on devices made from now on; loopback has it. A kernel without IPv6 lacks the file.
      ignoring(["ENOENT"], () => writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
      netlink([linkUp(LOOPBACK_INDEX)]);
      return new RefusedConnections();
    });
    let open = true;
    const connect = (): void => {
      if (open) this.#connect(namespace);
    };
    const close = (): void => {
      if (open) {
        closeSync(namespace);
        refused.close();
      }
      open = false;
    };
    if (!this.#egress) {
      const ready = this.#opening.then((opened) => (opened ? connect() : undefined));
      // Whoever needs the network awaits `ready` and hears of it there.
      ready.catch(() => undefined);
      return { namespace, refused, close, ready };
    }
    try {
      connect();
    } catch (error) {
      close();
      throw error;
    }
    return { namespace, refused, close, ready: Promise.resolve() };
  }

  #connect(namespace: number): void {
    const device = `${this.devicePrefix}${(this.#counter % 2 ** 25).toString(36)}`;
    netlink([createVeth(device, "eth0", namespace)]);
    const index = linkIndex(device);
    netlink([linkUp(index), addAddress(index, GATEWAY)]);
    const address = this.#routeFreeAddress(index);
    inNetworkNamespace(namespace, () => {
      const inside = linkIndex("eth0");
      netlink([linkUp(inside), addAddress(inside, address), addDefaultRoute(inside, GATEWAY)]);
    });
  }

  /** Another server, or a long-lived sandbox, may hold an address already: the routing table knows. */
  #routeFreeAddress(index: number): string {
    for (let attempt = 0; attempt < EGRESS_ADDRESSES; attempt += 1) {
      const address = nthAddress(this.#counter++ % EGRESS_ADDRESSES);
      try {
        netlink([addHostRoute(index, address)]);
        return address;
      } catch (error) {
        if (!hasErrorCode(error, "EEXIST")) throw error;
      }
    }
    throw new Error("every link-local address for sandboxes is taken");
  }
}

/** How the names of an instance's devices begin; names have 15 characters at most. */
export function devicePrefix(instance: string): string {
  return `lb${createHash("sha1").update(instance).digest("hex").slice(0, 5)}`;
}

function nthAddress(n: number): string {
  const [a, b, c, d] = FIRST_ADDRESS;
  const low = c * 256 + d + n;
  return `${a}.${b}.${low >> 8}.${low & 255}`;
}
