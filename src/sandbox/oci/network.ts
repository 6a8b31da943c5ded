/**
 * Networks of sandboxes: each a network namespace with loopback, and where the host allows a way out (a veth pair,
 * masqueraded). A few namespaces are made ahead, until nobody took one for long, because making one takes the kernel a
 * while. They are held by descriptor only, so those of a killed server vanish with its sandboxes.
 */
import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { Clock, Log, Timer } from "../../base/index.ts";
import { NETWORKS_AHEAD_MAX, NETWORKS_IDLE_MS } from "../limits.ts";
import { RefusedConnections } from "../linux/refused.ts";
import { applyFirewall, removeFirewall } from "./firewall.ts";
import { Gateway, hostAddresses } from "./gateway.ts";
import type { HostThreads } from "./host-thread-client.ts";
import { carryOut, type NetworkCall, type NetworkCaller, type Way } from "./network-calls.ts";
import { NetworkThread } from "./network-thread-client.ts";

export interface Network {
  /** Network namespace descriptor. */
  readonly namespace: number;
  /** Resolves when the way out is open, or known not to be. */
  readonly ready: Promise<void>;
  /** Connections that loopback refused inside. */
  readonly refused: RefusedConnections;
  close(): void;
}

export interface NetworksOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Makes networks beside the server; absent where the host's network is not ours to change. */
  readonly thread?: HostThreads;
}

export class Networks {
  /** Devices of this server begin with it; the firewall matches on it. */
  readonly devicePrefix: string;
  readonly #instance: string;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Its network stands in for the host's where that is not ours to change. */
  readonly #thread: NetworkThread | undefined;
  /** Answers at once. */
  readonly #call: NetworkCaller;
  /** Answers while the server goes on, where that is possible. */
  readonly #callBeside: (call: NetworkCall) => Promise<readonly number[]>;
  #gateway: Gateway | undefined;
  #forbidden: readonly string[] = [];
  readonly #ahead: Promise<Network>[] = [];
  #opening: Promise<boolean> = Promise.resolve(false);
  #egress = false;
  #counter = 0;
  #closed = false;
  #refill: NodeJS.Immediate | undefined;
  #takenMs = 0;
  #idle: Timer | undefined;

  constructor(instance: string, { log, clock, thread }: NetworksOptions) {
    this.#instance = instance;
    this.#log = log;
    this.#clock = clock;
    const own = thread === undefined ? new NetworkThread() : undefined;
    this.#thread = own;
    this.#call = own?.call ?? carryOut;
    this.#callBeside = thread === undefined ? async (call) => this.#call(call) : (call) => thread.call(call);
    this.devicePrefix = devicePrefix(instance);
  }

  /** Opens the way out for all networks, also those given away already. False, with a warning logged, when it stays shut. */
  openEgress(): Promise<boolean> {
    this.#opening = this.#openEgress();
    return this.#opening;
  }

  /** A network of one's own: one made ahead, or a new one. */
  take(): Promise<Network> {
    const network = this.#ahead.shift() ?? this.#make();
    this.#takenMs = this.#clock.monotonicMs();
    this.#refill ??= setImmediate(() => this.#makeAhead());
    return network;
  }

  /** A listening socket inside `network`. */
  listen(network: Network, host: string, port: number): number {
    const [fd = -1] = this.#call({ kind: "listen", namespace: network.namespace, host, port });
    return fd;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearImmediate(this.#refill);
    this.#idle?.cancel();
    await this.#dropAhead();
    const opened = await this.#opening;
    this.#gateway?.close();
    if (this.#thread !== undefined) await this.#thread.close();
    else if (opened) await removeFirewall(this.#instance);
  }

  async #openEgress(): Promise<boolean> {
    try {
      await this.#thread?.started();
      if (this.#thread !== undefined) this.#gateway = await Gateway.open(this.#thread.home, this.#log);
      await this.#applyFirewall();
      if (this.#call({ kind: "forward" })[0] === 1 && this.#thread === undefined)
        this.#log.info("switched net.ipv4.ip_forward on, so that functions reach the network");
      this.#egress = true;
    } catch (error) {
      this.#log.warn("functions cannot reach the network", { error });
    }
    return this.#egress;
  }

  async #applyFirewall(): Promise<void> {
    if (this.#thread === undefined) return applyFirewall(this.#instance, this.devicePrefix);
    this.#forbidden = hostAddresses();
    const place = { namespace: this.#thread.home, forbidden: this.#forbidden };
    return applyFirewall(this.#instance, this.devicePrefix, place);
  }

  /** The host may have got another address since. */
  #renewFirewall(): void {
    if (this.#gateway === undefined || !this.#egress || hostAddresses().join() === this.#forbidden.join()) return;
    this.#applyFirewall().catch((error: unknown) => this.#log.error("the firewall cannot be renewed", { error }));
  }

  #makeAhead(): void {
    this.#refill = undefined;
    if (!this.#closed) this.#renewFirewall();
    if (this.#closed || this.#ahead.length >= NETWORKS_AHEAD_MAX) return;
    while (this.#ahead.length < NETWORKS_AHEAD_MAX) {
      const network = this.#make();
      this.#ahead.push(network);
      network.catch((error: unknown) => {
        this.#log.warn("cannot make a network for a sandbox ahead of need", { error });
        const index = this.#ahead.indexOf(network);
        if (index !== -1) this.#ahead.splice(index, 1);
      });
    }
    this.#dropWhenIdle();
  }

  #dropWhenIdle(): void {
    const leftMs = this.#takenMs + NETWORKS_IDLE_MS - this.#clock.monotonicMs();
    this.#idle ??= this.#clock.schedule(Math.max(0, leftMs), () => {
      this.#idle = undefined;
      if (this.#clock.monotonicMs() - this.#takenMs < NETWORKS_IDLE_MS) this.#dropWhenIdle();
      else void this.#dropAhead();
    });
  }

  async #dropAhead(): Promise<void> {
    for (const made of await Promise.allSettled(this.#ahead.splice(0))) {
      if (made.status === "fulfilled") made.value.close();
    }
  }

  async #make(): Promise<Network> {
    const way = this.#egress ? this.#nextWay() : undefined;
    const [namespace = -1, watch = -1, used] = await this.#callBeside({ kind: "create", ...(way && { way }) });
    if (used !== undefined) this.#took(used);
    const refused = new RefusedConnections(watch);
    let open = true;
    let connecting: Promise<void> | undefined;
    const connect = async (): Promise<void> => {
      if (!open) return;
      connecting = this.#connect(namespace);
      await connecting;
    };
    const close = (): void => {
      if (!open) return;
      open = false;
      refused.close();
      const release = (): void => closeSync(namespace);
      // A descriptor that is in use elsewhere must not become another file's meanwhile.
      if (connecting === undefined) release();
      else connecting.then(release, release);
    };
    const ready = used === undefined ? this.#opening.then((opened) => (opened ? connect() : undefined)) : undefined;
    // Whoever needs the network awaits `ready` and hears of it there.
    ready?.catch(() => undefined);
    return { namespace, refused, close, ready: ready ?? Promise.resolve() };
  }

  async #connect(namespace: number): Promise<void> {
    const [used = 0] = await this.#callBeside({ kind: "connect", namespace, way: this.#nextWay() });
    this.#took(used);
  }

  #nextWay(): Way {
    const first = this.#counter++;
    return { device: `${this.devicePrefix}${(first % 2 ** 25).toString(36)}`, first };
  }

  #took(used: number): void {
    this.#counter = Math.max(this.#counter, used + 1);
  }
}

/** How the names of an instance's devices begin; names have 15 characters at most. */
export function devicePrefix(instance: string): string {
  return `lb${createHash("sha1").update(instance).digest("hex").slice(0, 5)}`;
}
