/**
 * Sees connections that loopback refused: a packet socket in a sandbox's network namespace that receives nothing but the
 * kernel's answer to a connection attempt on a closed port (TCP RST and ACK with sequence number 0). The filter runs in
 * the kernel, so other traffic costs nothing here; what is not fetched in time is dropped.
 */
import { close, closeSync } from "node:fs";
import { addressOf, libc } from "./libc.ts";

const AF_PACKET = 17;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUF = 8;
const MSG_DONTWAIT = 0x40;
const ETH_P_ALL = 3;
const LOOPBACK_INDEX = 1;
const BUFFER_BYTES = 16 * 1024;
const PACKET_BYTES = 96;
const PORTS_MAX = 64;

const RST_ACK = 0x14;
const TCP = 6;
const IPV6_HEADER = 40;

/** Classic BPF: load byte, load word, and, jump if equal; offsets count from the IP header. */
const LDB = 0x30;
const LDW = 0x20;
const LDXB = 0xb1;
const LDB_X = 0x50;
const LDW_X = 0x40;
const AND = 0x54;
const JEQ = 0x15;
const RETURN = 0x06;

/** [code, jump if true, jump if false, operand]; the last two instructions drop and accept. */
const PROGRAM: readonly (readonly [number, number, number, number])[] = [
  [LDB, 0, 0, 0],
  [AND, 0, 0, 0xf0],
  [JEQ, 0, 8, 0x40],
  // IPv4: protocol, then flags and sequence number behind a header of variable length
  [LDB, 0, 0, 9],
  [JEQ, 0, 13, TCP],
  [LDXB, 0, 0, 0],
  [LDB_X, 0, 0, 13],
  [AND, 0, 0, 0x1f],
  [JEQ, 0, 9, RST_ACK],
  [LDW_X, 0, 0, 4],
  [JEQ, 8, 7, 0],
  // IPv6 without extension headers, which loopback does not use
  [LDB, 0, 0, 6],
  [JEQ, 0, 5, TCP],
  [LDB, 0, 0, IPV6_HEADER + 13],
  [AND, 0, 0, 0x1f],
  [JEQ, 0, 2, RST_ACK],
  [LDW, 0, 0, IPV6_HEADER + 4],
  [JEQ, 1, 0, 0],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, PACKET_BYTES],
];

/** Opens the watch in the thread's current network namespace; its descriptor is for RefusedConnections. */
export function openRefusedWatch(): number {
  const fd = libc("socket", [AF_PACKET, SOCK_DGRAM_CLOEXEC, 0]);
  try {
    attachFilter(fd);
    const size = Buffer.from(Int32Array.of(BUFFER_BYTES).buffer);
    libc("setsockopt", [fd, SOL_SOCKET, SO_RCVBUF, size, size.length]);
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(ETH_P_ALL, 2);
    address.writeInt32LE(LOOPBACK_INDEX, 4);
    libc("bind", [fd, address, address.length]);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export class RefusedConnections {
  readonly #fd: number;

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Ports that refused a connection since the last call, each once. */
  take(): readonly number[] {
    const ports = new Set<number>();
    const packet = Buffer.alloc(PACKET_BYTES);
    for (let read = 0; read < PORTS_MAX; read += 1) {
      const length = libc("recv", [this.#fd, packet, BigInt(PACKET_BYTES), MSG_DONTWAIT], ["EAGAIN"]);
      if (length === -1) break;
      const first = packet.readUInt8(0);
      ports.add(packet.readUInt16BE(first >> 4 === 4 ? (first & 15) * 4 : IPV6_HEADER));
    }
    return [...ports];
  }

  /** In the background: the kernel waits some 15 ms before it lets go of a packet socket. */
  close(): void {
    close(this.#fd, (error) => {
      if (error) throw error;
    });
  }
}

function attachFilter(fd: number): void {
  const program = Buffer.alloc(16);
  program.writeUInt16LE(PROGRAM.length, 0);
  program.writeBigUInt64LE(addressOf(INSTRUCTIONS), 8);
  libc("setsockopt", [fd, SOL_SOCKET, SO_ATTACH_FILTER, program, program.length]);
}

/** The program as the kernel takes it, at one place for good. */
const INSTRUCTIONS = Buffer.alloc(PROGRAM.length * 8);
PROGRAM.forEach(([code, ifTrue, ifFalse, operand], index) => {
  INSTRUCTIONS.writeUInt16LE(code, index * 8);
  INSTRUCTIONS.writeUInt8(ifTrue, index * 8 + 2);
  INSTRUCTIONS.writeUInt8(ifFalse, index * 8 + 3);
  INSTRUCTIONS.writeUInt32LE(operand, index * 8 + 4);
});
