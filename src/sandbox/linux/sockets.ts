/** Raw sockets for places where Node cannot make them: a listening socket in another network namespace, pipes. */
import { closeSync } from "node:fs";
import { isIP } from "node:net";
import { libc } from "./libc.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM_CLOEXEC_NONBLOCK = 1 | 0o2000000 | 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const BACKLOG = 511;
const O_CLOEXEC = 0o2000000;

/** A listening TCP socket at an IPv4 address of the main thread's current network namespace; the caller owns it. */
export function listenSocket(host: string, port: number): number {
  if (isIP(host) !== 4) throw new TypeError(`not an IPv4 address: ${host}`);
  const fd = libc("socket", [AF_INET, SOCK_STREAM_CLOEXEC_NONBLOCK, 0]);
  try {
    const on = Buffer.from(Int32Array.of(1).buffer);
    libc("setsockopt", [fd, SOL_SOCKET, SO_REUSEADDR, on, on.length]);
    const address = Buffer.alloc(16);
    address.writeUInt16LE(AF_INET, 0);
    address.writeUInt16BE(port, 2);
    address.set(ipv4(host), 4);
    libc("bind", [fd, address, address.length]);
    libc("listen", [fd, BACKLOG]);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A pipe whose two ends are closed in programs that this process starts, unless handed over. */
export function createPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const ends = Buffer.alloc(8);
  libc("pipe2", [ends, O_CLOEXEC]);
  return { readEnd: ends.readInt32LE(0), writeEnd: ends.readInt32LE(4) };
}

/** Two connected Unix stream sockets; `far` is meant for another program. */
export function createSocketPair(): { readonly near: number; readonly far: number } {
  const ends = Buffer.alloc(8);
  libc("socketpair", [AF_UNIX, 1 | O_CLOEXEC, 0, ends]);
  return { near: ends.readInt32LE(0), far: ends.readInt32LE(4) };
}

/** The four bytes of a dotted IPv4 address. */
export function ipv4(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}
