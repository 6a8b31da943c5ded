/**
 * What networks of sandboxes need of the kernel, as calls that are data: each is carried out where the host's ends of the
 * veth pairs belong, which is the main thread of root's server and a thread of its own in an ordinary user's (see
 * network-thread.ts). Synchronous; descriptors are the process's, so the thread that opened one does not matter.
 */
import { createHash } from "node:crypto";
import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { hasErrorCode, ignoring } from "../errors.ts";
import { EGRESS_ADDRESSES } from "../limits.ts";
import { addAddress, addDefaultRoute, addHostRoute, createVeth, linkUp, Netlink } from "../linux/netlink.ts";
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
/** Of `eth0`: more than a new namespace has devices. */
const INSIDE_INDEX = 100;
/** Half of all numbers that devices can have. */
const INDEX_FIRST = 2 ** 30;
const INDEX_ATTEMPTS_MAX = 8;
/** Of the route in the requests that make a pair. */
const ROUTE_PLACE = 2;
/** The host's end of every veth pair. Link-local, so it collides with nothing that a function may reach. */
const GATEWAY = "169.254.127.1";
const FIRST_ADDRESS = [169, 254, 128, 1] as const;
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

export const carryOut: NetworkCaller = (call) => {
  switch (call.kind) {
    case "create":
      return create(call.way);
    case "connect":
      return [connectFromHere(call.namespace, call.way)];
    case "listen":
      return [inNetworkNamespace(call.namespace, () => listenSocket(call.host, call.port))];
    case "forward":
      return [forward()];
  }
};

/** Brings loopback up in the thread's network namespace. */
export function loopbackUp(): void {
  using here = new Netlink();
  here.send([linkUp(LOOPBACK_INDEX)]);
}

function create(way: Way | undefined): readonly number[] {
  const { namespace, result } = createNetworkNamespace(() => {
    // No IPv6 on devices made from now on; loopback has it. A kernel without IPv6 lacks the file.
    ignoring(["ENOENT"], () => writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
    using undo = new DisposableStack();
    const inside = undo.use(new Netlink());
    inside.send([linkUp(LOOPBACK_INDEX)]);
    // The kernel tells a watch of a device that is down, once and instead of what it is to tell.
    const watch = openRefusedWatch();
    undo.move();
    return { inside, watch };
  });
  using inside = result.inside;
  try {
    return [namespace, result.watch, ...(way === undefined ? [] : [connect(namespace, inside, way)])];
  } catch (error) {
    for (const fd of [namespace, result.watch]) closeSync(fd);
    throw error;
  }
}

function connectFromHere(namespace: number, way: Way): number {
  using inside = inNetworkNamespace(namespace, () => new Netlink());
  return connect(namespace, inside, way);
}

function connect(namespace: number, inside: Netlink, { device, first }: Way): number {
  using here = new Netlink();
  const { number, index } = makePair(here, namespace, { device, first });
  const used = number ?? routeFreeAddress(here, index, first + 1);
  inside.send([
    linkUp(INSIDE_INDEX),
    addAddress(INSIDE_INDEX, nthAddress(used)),
    addDefaultRoute(INSIDE_INDEX, GATEWAY),
  ]);
  return used;
}

/** Makes the pair and tries the first address at once; the number is missing when that is taken. */
function makePair(
  here: Netlink,
  namespace: number,
  { device, first }: Way,
): { readonly index: number; readonly number: number | undefined } {
  for (let attempt = 0; ; attempt += 1) {
    const near = { name: device, index: deviceIndex(device, attempt) };
    const pair = createVeth(near, { name: "eth0", index: INSIDE_INDEX }, namespace);
    const number = first % EGRESS_ADDRESSES;
    try {
      here.send([pair, addAddress(near.index, GATEWAY), addHostRoute(near.index, nthAddress(number))]);
      return { index: near.index, number };
    } catch (error) {
      const refused = error instanceof Error && "request" in error ? error.request : undefined;
      if (hasErrorCode(error, "EEXIST") && refused === ROUTE_PLACE) return { index: near.index, number: undefined };
      // Another device has the number.
      if (!hasErrorCode(error, "EBUSY") || refused !== 0 || attempt === INDEX_ATTEMPTS_MAX) throw error;
    }
  }
}

/** A number far above those that the kernel gives, and most likely free: named beforehand, it need not be asked for. */
function deviceIndex(device: string, attempt: number): number {
  const hash = createHash("sha1").update(`${device} ${attempt}`).digest();
  return INDEX_FIRST + (hash.readUInt32LE(0) % INDEX_FIRST);
}

/** Another server, or a long-lived sandbox, may hold an address already: the routing table knows. */
function routeFreeAddress(here: Netlink, index: number, first: number): number {
  for (let attempt = 0; attempt < EGRESS_ADDRESSES; attempt += 1) {
    const number = (first + attempt) % EGRESS_ADDRESSES;
    try {
      here.send([addHostRoute(index, nthAddress(number))]);
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
