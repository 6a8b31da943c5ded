/**
 * Network namespaces, made and entered by the main thread. Invariant: the main thread is in another network namespace
 * only during one synchronous call of `inNetworkNamespace`; should the way back fail, the process ends at once.
 * A namespace lives as long as its descriptor or a process inside; nothing of it is named in the file system.
 */
import { closeSync, openSync } from "node:fs";
import { libc } from "./libc.ts";

const CLONE_NEWNET = 0x40000000;
const HERE = "/proc/thread-self/ns/net";

/** Runs `action` on the main thread inside a new network namespace. The caller closes the descriptor of the namespace. */
export function createNetworkNamespace<T>(action: () => T): { readonly namespace: number; readonly result: T } {
  return awayFromHome(() => {
    libc("unshare", [CLONE_NEWNET]);
    const namespace = openSync(HERE, "r");
    try {
      return { namespace, result: action() };
    } catch (error) {
      closeSync(namespace);
      throw error;
    }
  });
}

/** Runs `action`, which must be synchronous, inside the network namespace of `descriptor`. */
export function inNetworkNamespace<T>(descriptor: number, action: () => T): T {
  return awayFromHome(() => {
    libc("setns", [descriptor, CLONE_NEWNET]);
    return action();
  });
}

function awayFromHome<T>(action: () => T): T {
  const home = openSync(HERE, "r");
  try {
    return action();
  } finally {
    try {
      libc("setns", [home, CLONE_NEWNET]);
    } catch (error) {
      process.stderr.write(`cannot return to the host's network namespace: ${String(error)}\n`);
      process.abort();
    }
    closeSync(home);
  }
}
