/**
 * Waits for processes that an OCI runtime started and left behind: this process is made their sub-reaper, so their
 * parent becomes the server and their exact wait status is known (Node itself waits only for what it spawned).
 * Invariant: waitpid is called for registered pids and for helpers that a runtime left alone, never for Node's own children.
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { libc } from "./libc.ts";
import { isZombie, readProc } from "./proc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const SAFETY_NET_INTERVAL_MS = 2_000;
/** How often the traces of one runtime are looked for: helpers end within moments of it. */
const HELPER_LOOKS_MAX = 20;

export interface WaitStatus {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** Adopts orphaned descendants from now on. Call `close` to stop listening for their ends. */
export class ChildReaper {
  readonly #waiting = new Map<number, (status: WaitStatus) => void>();
  readonly #runtimes = new Set<number>();
  #helpers: { readonly after: number; readonly before: number; readonly name: string; looksLeft: number }[] = [];
  readonly #status = Buffer.alloc(4);
  #safetyNet: NodeJS.Timeout | undefined;
  readonly #onChild = (): void => this.#sweep();

  constructor() {
    libc("prctl", [PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n]);
    process.on("SIGCHLD", this.#onChild);
  }

  /** A runtime that Node has started and waits for itself. Call the result when it has ended. */
  watchRuntime(pid: number): () => void {
    this.#runtimes.add(pid);
    return () => this.#runtimes.delete(pid);
  }

  /**
   * Resolves when `pid` has ended, which the ended runtime left. Helpers that the runtime started between itself and
   * `pid` are collected too when they outlive it, or they would stay zombies.
   */
  wait(pid: number, runtime: { readonly pid: number; readonly name: string }): Promise<WaitStatus> {
    return new Promise((resolve) => {
      this.#waiting.set(pid, resolve);
      this.#helpers.push({ after: runtime.pid, before: pid, name: runtime.name, looksLeft: HELPER_LOOKS_MAX });
      // Keeps Node running as a child process of its own would, and makes up for a signal that merged with another.
      this.#safetyNet ??= setInterval(this.#onChild, SAFETY_NET_INTERVAL_MS);
      this.#sweep();
    });
  }

  close(): void {
    process.off("SIGCHLD", this.#onChild);
    this.#stopSafetyNet();
  }

  #sweep(): void {
    if (this.#helpers.length > 0) this.#collectHelpers();
    for (const [pid, resolve] of this.#waiting) {
      const result = this.#waitFor(pid);
      // ECHILD while it exists: a helper of the runtime is still its parent for a moment.
      if (result === 0 || (result === -1 && existsSync(`/proc/${pid}`))) continue;
      this.#waiting.delete(pid);
      if (this.#waiting.size === 0) this.#stopSafetyNet();
      resolve(result === -1 ? { code: undefined, signal: undefined } : decode(this.#status.readInt32LE(0)));
    }
  }

  #collectHelpers(): void {
    const children = readProc(`/proc/self/task/${process.pid}/children`)?.split(" ").map(Number) ?? [];
    this.#helpers = this.#helpers.filter((runtime) => {
      const left = children.find((pid) => {
        const between = pid > runtime.after && pid < runtime.before;
        return between && !this.#runtimes.has(pid) && isZombie(pid, runtime.name);
      });
      if (left !== undefined) this.#waitFor(left);
      runtime.looksLeft -= 1;
      return left === undefined && runtime.looksLeft > 0;
    });
  }

  #waitFor(pid: number): number {
    return libc("waitpid", [pid, this.#status, WNOHANG], ["ECHILD"]);
  }

  #stopSafetyNet(): void {
    clearInterval(this.#safetyNet);
    this.#safetyNet = undefined;
  }
}

function decode(status: number): WaitStatus {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: undefined };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { code: undefined, signal: name ?? `signal ${number}` };
}
