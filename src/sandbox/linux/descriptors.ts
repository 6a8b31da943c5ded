/**
 * Sends open files to another process over a Unix socket (SCM_RIGHTS), which Node has no word for. A message is its length
 * in four bytes of this machine's order, which carry the descriptors, and JSON.
 */
import { setTimeout } from "node:timers/promises";
import { SEND_ATTEMPTS_MAX, SEND_POLL_MS } from "../limits.ts";
import { addressOf, libc } from "./libc.ts";

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const HEADER_BYTES = 56;
const CONTROL_HEADER_BYTES = 16;

/** Throws a system error when the other end is gone or never takes the message. Descriptors stay open here. */
export async function sendMessage(socket: number, message: object, descriptors: readonly number[]): Promise<void> {
  const text = Buffer.from(JSON.stringify(message));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  let rest = Buffer.concat([length, text]);
  for (let attempt = 0, rights = descriptors; ; ) {
    const sent = send(socket, rest, rights);
    if (sent === rest.length) return;
    if (sent > 0) {
      rest = rest.subarray(sent);
      rights = [];
    } else if (++attempt > SEND_ATTEMPTS_MAX) throw new Error("a message to another process is not taken");
    else await setTimeout(SEND_POLL_MS);
  }
}

/** Bytes that went out, -1 when there is no room now. */
function send(socket: number, data: Buffer, descriptors: readonly number[]): number {
  const parts = Buffer.alloc(16);
  parts.writeBigUInt64LE(addressOf(data), 0);
  parts.writeBigUInt64LE(BigInt(data.length), 8);
  const control = rights(descriptors);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigUInt64LE(addressOf(parts), 16);
  header.writeBigUInt64LE(1n, 24);
  if (control.length > 0) {
    header.writeBigUInt64LE(addressOf(control), 32);
    header.writeBigUInt64LE(BigInt(control.length), 40);
  }
  const sent = libc("sendmsg", [socket, header, MSG_DONTWAIT_NOSIGNAL], ["EAGAIN"]);
  // Until here their memory must stay.
  parts.fill(0);
  control.fill(0);
  return sent;
}

function rights(descriptors: readonly number[]): Buffer {
  if (descriptors.length === 0) return Buffer.alloc(0);
  const bytes = CONTROL_HEADER_BYTES + 4 * descriptors.length;
  const control = Buffer.alloc(Math.ceil(bytes / 8) * 8);
  control.writeBigUInt64LE(BigInt(bytes), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  descriptors.forEach((descriptor, index) => {
    control.writeInt32LE(descriptor, CONTROL_HEADER_BYTES + 4 * index);
  });
  return control;
}
