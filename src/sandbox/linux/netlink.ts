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
const ANSWER_MAX_BYTES = 16 * 1024;

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

/** A pair of connected devices, both still down: `name` here, `peerName` in the network namespace of a descriptor. */
export function createVeth(name: string, peerName: string, peerNamespace: number): NetlinkRequest {
  const peer = Buffer.concat([
    linkHeader(0, 0),
    attribute(3, Buffer.from(`${peerName}\0`)),
    attribute(28, u32(peerNamespace)),
  ]);
  const info = Buffer.concat([attribute(1, Buffer.from("veth\0")), attribute(2, attribute(1, peer))]);
  const body = Buffer.concat([linkHeader(0, 0), attribute(3, Buffer.from(`${name}\0`)), attribute(18, info)]);
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

/** Index of a device in the current network namespace. */
export function linkIndex(name: string): number {
  const index = libc("if_nametoindex", [Buffer.from(`${name}\0`)]);
  if (index === 0) throw new Error(`no network device ${name}`);
  return index;
}

/** Carries the requests out in order; throws the first refusal as a system error. */
export function netlink(requests: readonly NetlinkRequest[]): void {
  const fd = libc("socket", [AF_NETLINK, SOCK_RAW_CLOEXEC, 0]);
  try {
    const batch = Buffer.concat(requests.map((request, index) => message(request, index + 1)));
    libc("send", [fd, batch, BigInt(batch.length), 0]);
    const answer = Buffer.alloc(ANSWER_MAX_BYTES);
    for (let answered = 0; answered < requests.length; ) {
      const length = libc("recv", [fd, answer, BigInt(answer.length), 0]);
      for (let at = 0; at + 20 <= length; at += align(answer.readUInt32LE(at))) {
        answered += 1;
        const errno = answer.readInt32LE(at + 16);
        if (errno === 0) continue;
        const code = errorName(-errno);
        const request = requests[answer.readUInt32LE(at + 8) - 1];
        throw Object.assign(new Error(`${code}: netlink request ${request?.type} failed`), {
          code,
          errno,
          syscall: "netlink",
        });
      }
    }
  } finally {
    closeSync(fd);
  }
}

function message(request: NetlinkRequest, sequence: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + request.body.length, 0);
  header.writeUInt16LE(request.type, 4);
  header.writeUInt16LE(NLM.request | NLM.ack | request.flags, 6);
  header.writeUInt32LE(sequence, 8);
  return padded(Buffer.concat([header, request.body]));
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
  return Buffer.concat([bytes, Buffer.alloc(align(bytes.length) - bytes.length)]);
}

function align(length: number): number {
  return (length + 3) & ~3;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
