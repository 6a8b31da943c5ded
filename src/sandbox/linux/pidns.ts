/**
 * Pid namespaces whose first process is not the program that runs there. To the first process of a namespace the kernel
 * delivers no signal that it does not handle, not even its own SIGKILL or abort(), so a program that is one does not end
 * as it would anywhere else. The first process is a shell instead that waits for its pipe to close: it collects orphans,
 * and when the server ends in whatever way, the pipe closes and the kernel kills everything in the namespace.
 */
import { closeSync, openSync } from "node:fs";
import { libc } from "./libc.ts";
import { createPipe } from "./sockets.ts";
import { spawnProgram } from "./spawn.ts";

const CLONE_NEWPID = 0x20000000;
/** Ended children of a process that ignores SIGCHLD are collected by the kernel. */
const FIRST_PROCESS = 'trap "" CHLD; read _ <&1';

export interface PidNamespace {
  /** For `/proc/PID/fd/DESCRIPTOR`. */
  readonly descriptor: number;
  /** Its first process as the server sees it: a child of this process, which ends when nothing of the namespace runs. */
  readonly firstPid: number;
  /** Kills everything inside. Idempotent. */
  close(): void;
}

/**
 * A new pid namespace with nothing but its first process. Wait for that with ChildReaper after `close`. Undefined where
 * the way back is barred: to root of a user namespace that shares the host's pid namespace.
 */
export function createPidNamespace(): PidNamespace | undefined {
  const home = openSync("/proc/self/ns/pid", "r");
  if (libc("setns", [home, CLONE_NEWPID], ["EPERM"]) === -1) {
    closeSync(home);
    return undefined;
  }
  const pipe = createPipe();
  let firstPid: number;
  try {
    libc("unshare", [CLONE_NEWPID]);
    try {
      firstPid = spawnProgram({ path: "/bin/sh", args: ["-c", FIRST_PROCESS], env: {}, descriptors: [pipe.readEnd] });
    } finally {
      returnHome(home);
    }
  } catch (error) {
    closeSync(pipe.writeEnd);
    throw error;
  } finally {
    closeSync(home);
    closeSync(pipe.readEnd);
  }
  const descriptor = openSync(`/proc/${firstPid}/ns/pid`, "r");
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    closeSync(descriptor);
    closeSync(pipe.writeEnd);
  };
  return { descriptor, firstPid, close };
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
