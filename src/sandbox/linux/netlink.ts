/**
 * Network devices, addresses and routes through the kernel's rtnetlink socket, in the main thread's current network
 * namespace: what `ip link|address|route add` does, without a process. One batch is one write; the kernel carries the
 * requests out in order and answers each.
 */
import { closeSync } from "node:fs";
import { errorName, libc } from "./libc.ts";
import { ipv4 } from "./sockets.ts";

const AF_NETLINK = 16;
const AF_INET = 2;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NLM = { request: 1, ack: 4, excl: 0x200, create: 0x400 };
const RTM = { newLink: 16, newAddress: 20, newRoute: 24 };
const IFF_UP = 1;
/** Reading and writing are one synchronous call. */
const ANSWER = Buffer.alloc(16 * 1024);

/** One request: message type, flags beyond request and ack, and body. */
export interface NetlinkRequest {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

/** Brings the device with this index up. */
export function linkUp(index: number): NetlinkRequest {
  return { type: RTM.newLink, flags: 0, body: linkHeader(index, IFF_UP) };
}

/** One end of a pair of devices: its name and its number, which must be free where it is. */
export interface VethEnd {
  readonly name: string;
  readonly index: number;
}

/** A pair of connected devices: `near` here and up, `far` in the network namespace of a descriptor and down. */
export function createVeth(near: VethEnd, far: VethEnd, namespace: number): NetlinkRequest {
  const peer = Buffer.concat([
    linkHeader(far.index, 0),
    attribute(3, Buffer.from(`${far.name}\0`)),
    attribute(28, u32(namespace)),
  ]);
  const info = Buffer.concat([attribute(1, Buffer.from("veth\0")), attribute(2, attribute(1, peer))]);
  const name = attribute(3, Buffer.from(`${near.name}\0`));
  const body = Buffer.concat([linkHeader(near.index, IFF_UP), name, attribute(18, info)]);
  return { type: RTM.newLink, flags: NLM.create | NLM.excl, body };
}

/** Gives the device an address with prefix length 32. */
export function addAddress(index: number, address: string): NetlinkRequest {
  const header = Buffer.from([AF_INET, 32, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  const body = Buffer.concat([header, attribute(2, ipv4(address)), attribute(1, ipv4(address))]);
  return { type: RTM.newAddress, flags: NLM.create | NLM.excl, body };
}

/** A route to one address directly over the device; EEXIST when there is one already. */
export function addHostRoute(index: number, address: string): NetlinkRequest {
  const body = Buffer.concat([routeHeader(32, 253), attribute(1, ipv4(address)), attribute(4, u32(index))]);
  return { type: RTM.newRoute, flags: NLM.create | NLM.excl, body };
}

/** The default route through a gateway that is on the link without sharing a prefix. */
export function addDefaultRoute(index: number, gateway: string): NetlinkRequest {
  const ONLINK = 4;
  const body = Buffer.concat([routeHeader(0, 0, ONLINK), attribute(5, ipv4(gateway)), attribute(4, u32(index))]);
  return { type: RTM.newRoute, flags: NLM.create | NLM.excl, body };
}

/** Requests in the network namespace that the thread is in when this is made, wherever the thread goes later. */
export class Netlink implements Disposable {
  readonly #fd: number;

  constructor() {
    this.#fd = libc("socket", [AF_NETLINK, SOCK_RAW_CLOEXEC, 0]);
  }

  /** Carries all of the requests out, in order; throws the first refusal as a system error, with its place as `request`. */
  send(requests: readonly NetlinkRequest[]): void {
    const batch = Buffer.concat(requests.flatMap((request, index) => message(request, index + 1)));
    libc("send", [this.#fd, batch, BigInt(batch.length), 0]);
    let refusal: { readonly errno: number; readonly request: number } | undefined;
    for (let answered = 0; answered < requests.length; ) {
      const length = libc("recv", [this.#fd, ANSWER, BigInt(ANSWER.length), 0]);
      for (let at = 0; at + 20 <= length; at += align(ANSWER.readUInt32LE(at))) {
        answered += 1;
        const errno = ANSWER.readInt32LE(at + 16);
        if (errno !== 0) refusal ??= { errno, request: ANSWER.readUInt32LE(at + 8) - 1 };
      }
    }
    if (refusal === undefined) return;
    const code = errorName(-refusal.errno);
    const text = `${code}: netlink request ${requests[refusal.request]?.type} failed`;
    throw Object.assign(new Error(text), { code, ...refusal, syscall: "netlink" });
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function message(request: NetlinkRequest, sequence: number): readonly Buffer[] {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + request.body.length, 0);
  header.writeUInt16LE(request.type, 4);
  header.writeUInt16LE(NLM.request | NLM.ack | request.flags, 6);
  header.writeUInt32LE(sequence, 8);
  return [header, padded(request.body)];
}

function linkHeader(index: number, flags: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(flags, 12);
  return header;
}

function routeHeader(prefixLength: number, scope: number, flags = 0): Buffer {
  const MAIN_TABLE = 254;
  const STATIC = 4;
  const UNICAST = 1;
  const header = Buffer.from([AF_INET, prefixLength, 0, 0, MAIN_TABLE, STATIC, scope, UNICAST, 0, 0, 0, 0]);
  header.writeUInt32LE(flags, 8);
  return header;
}

function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(4 + value.length, 0);
  header.writeUInt16LE(type, 2);
  return padded(Buffer.concat([header, value]));
}

function padded(bytes: Buffer): Buffer {
  const rest = align(bytes.length) - bytes.length;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(rest)]);
}

function align(length: number): number {
  return (length + 3) & ~3;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
