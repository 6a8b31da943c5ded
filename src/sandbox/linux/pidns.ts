/**
 * Pid namespaces whose first process is not the program that runs there. To the first process of a namespace the kernel
 * delivers no signal that it does not handle, not even its own SIGKILL or abort(), so a program that is one does not end
 * as it would anywhere else. The first process is a shell instead that waits for its pipe to close: it collects orphans,
 * and when the server ends in whatever way, the pipe closes and the kernel kills everything in the namespace.
 */
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { hasErrorCode } from "../errors.ts";
import { findProgram } from "../helper.ts";
import { UNSHARE_POLL_MS, UNSHARE_WAIT_MS } from "../limits.ts";
import { libc } from "./libc.ts";
import { createPipe } from "./sockets.ts";
import { spawnProgram } from "./spawn.ts";

const CLONE_NEWPID = 0x20000000;
/** Ended children of a process that ignores SIGCHLD are collected by the kernel. */
const FIRST_PROCESS = 'trap "" CHLD; read _ <&1';

export interface PidNamespace {
  /** For `/proc/PID/fd/DESCRIPTOR`. */
  readonly descriptor: number;
  /** Its first process as the server sees it, or what stands for it: a child that ends when nothing of the namespace runs. */
  readonly firstPid: number;
  /** Kills everything inside. Idempotent. */
  close(): void;
}

/** A new pid namespace with nothing but its first process. Wait for that with ChildReaper after `close`. */
export function createPidNamespace(): PidNamespace {
  const pipe = createPipe();
  let made: First;
  try {
    made = firstProcess(pipe.readEnd) ?? firstProcessByProgram(pipe.readEnd);
  } catch (error) {
    closeSync(pipe.writeEnd);
    throw error;
  } finally {
    closeSync(pipe.readEnd);
  }
  const { firstPid, descriptor } = made;
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    closeSync(descriptor);
    closeSync(pipe.writeEnd);
  };
  return { descriptor, firstPid, close };
}

interface First {
  readonly firstPid: number;
  readonly descriptor: number;
}

/** Undefined where the way back is barred: to root of a user namespace that shares the host's pid namespace. */
function firstProcess(pipe: number): First | undefined {
  const home = openSync("/proc/self/ns/pid", "r");
  try {
    if (libc("setns", [home, CLONE_NEWPID], ["EPERM"]) === -1) return undefined;
    libc("unshare", [CLONE_NEWPID]);
    let firstPid: number;
    try {
      firstPid = spawnProgram({ path: "/bin/sh", args: ["-c", FIRST_PROCESS], env: {}, descriptors: [pipe] });
    } finally {
      returnHome(home);
    }
    return { firstPid, descriptor: openSync(`/proc/${firstPid}/ns/pid`, "r") };
  } finally {
    closeSync(home);
  }
}

/** By a program that goes there instead of this process; it ends right after the first process. Waits some milliseconds. */
function firstProcessByProgram(pipe: number): First {
  const path = findProgram("unshare") ?? "unshare";
  const args = ["--pid", "--fork", "--", "/bin/sh", "-c", FIRST_PROCESS];
  const firstPid = spawnProgram({ path, args, env: {}, descriptors: [pipe] });
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; waitedMs += UNSHARE_POLL_MS) {
    try {
      // Not there before it has left this namespace, nor before the new one has a first process.
      const descriptor = openSync(`/proc/${firstPid}/ns/pid_for_children`, "r");
      if (fstatSync(descriptor).ino !== statSync("/proc/self/ns/pid").ino) return { firstPid, descriptor };
      closeSync(descriptor);
    } catch (error) {
      if (!hasErrorCode(error, "ENOENT")) throw error;
    }
    if (waitedMs > UNSHARE_WAIT_MS) throw new Error("unshare does not make a pid namespace");
    Atomics.wait(never, 0, 0, UNSHARE_POLL_MS);
  }
}

/** Every later child would be born in the new namespace, and no thread could be made. */
function returnHome(home: number): void {
  try {
    libc("setns", [home, CLONE_NEWPID]);
  } catch (error) {
    process.stderr.write(`cannot return to the host's pid namespace: ${String(error)}\n`);
    process.abort();
  }
}
