/**
 * What networks of sandboxes need of the kernel, as calls that are data: each is carried out where the host's ends of the
 * veth pairs belong, which is the main thread of root's server and a thread of its own in an ordinary user's (see
 * network-thread.ts). Synchronous; descriptors are the process's, so the thread that opened one does not matter.
 */
import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { hasErrorCode, ignoring } from "../errors.ts";
import { EGRESS_ADDRESSES } from "../limits.ts";
import { addAddress, addDefaultRoute, addHostRoute, createVeth, linkIndex, linkUp, netlink } from "../linux/netlink.ts";
import { createNetworkNamespace, inNetworkNamespace } from "../linux/netns.ts";
import { openRefusedWatch } from "../linux/refused.ts";
import { listenSocket } from "../linux/sockets.ts";

export type NetworkCall =
  /**
   * Answer: descriptors of a new namespace with loopback, and of its watch for refused connections; where `way` asks for
   * one, the number of the address of its way to here.
   */
  | { readonly kind: "create"; readonly way?: Way }
  /** Gives a namespace a way to here, trying addresses from the `first`th on. Answer: which one it was. */
  | { readonly kind: "connect"; readonly namespace: number; readonly way: Way }
  /** Answer: a listening socket inside a namespace. */
  | { readonly kind: "listen"; readonly namespace: number; readonly host: string; readonly port: number }
  /** Lets packets pass from one device to another. Answer: 1 when that was not so before. */
  | { readonly kind: "forward" };

/** The host's end of a way out, and which address is tried first. */
export interface Way {
  readonly device: string;
  readonly first: number;
}

/** Throws system errors. */
export type NetworkCaller = (call: NetworkCall) => readonly number[];

const LOOPBACK_INDEX = 1;
/** The host's end of every veth pair. Link-local, so it collides with nothing that a function may reach. */
const GATEWAY = "169.254.127.1";
const FIRST_ADDRESS = [169, 254, 128, 1] as const;
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

export const carryOut: NetworkCaller = (call) => {
  switch (call.kind) {
    case "create":
      return create(call.way);
    case "connect":
      return [connect(call.namespace, call.way)];
    case "listen":
      return [inNetworkNamespace(call.namespace, () => listenSocket(call.host, call.port))];
    case "forward":
      return [forward()];
  }
};

/** Brings loopback up in the thread's network namespace. */
export function loopbackUp(): void {
  netlink([linkUp(LOOPBACK_INDEX)]);
}

function create(way: Way | undefined): readonly number[] {
  const { namespace, result } = createNetworkNamespace(() => {
    // No IPv6 on devices made from now on; loopback has it. A kernel without IPv6 lacks the file.
    ignoring(["ENOENT"], () => writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
    loopbackUp();
    return openRefusedWatch();
  });
  if (way === undefined) return [namespace, result];
  try {
    return [namespace, result, connect(namespace, way)];
  } catch (error) {
    for (const fd of [namespace, result]) closeSync(fd);
    throw error;
  }
}

function connect(namespace: number, { device, first }: Way): number {
  netlink([createVeth(device, "eth0", namespace)]);
  const index = linkIndex(device);
  netlink([linkUp(index), addAddress(index, GATEWAY)]);
  const number = routeFreeAddress(index, first);
  inNetworkNamespace(namespace, () => {
    const inside = linkIndex("eth0");
    netlink([linkUp(inside), addAddress(inside, nthAddress(number)), addDefaultRoute(inside, GATEWAY)]);
  });
  return number;
}

/** Another server, or a long-lived sandbox, may hold an address already: the routing table knows. */
function routeFreeAddress(index: number, first: number): number {
  for (let attempt = 0; attempt < EGRESS_ADDRESSES; attempt += 1) {
    const number = (first + attempt) % EGRESS_ADDRESSES;
    try {
      netlink([addHostRoute(index, nthAddress(number))]);
      return number;
    } catch (error) {
      if (!hasErrorCode(error, "EEXIST")) throw error;
    }
  }
  throw new Error("every link-local address for sandboxes is taken");
}

function forward(): number {
  if (readFileSync(FORWARDING, "utf8").trim() === "1") return 0;
  writeFileSync(FORWARDING, "1");
  return 1;
}

function nthAddress(n: number): string {
  const [a, b, c, d] = FIRST_ADDRESS;
  const low = c * 256 + d + n;
  return `${a}.${b}.${low >> 8}.${low & 255}`;
}
