/**
 * Waits for processes that an OCI runtime started and left behind: this process is made their sub-reaper, so their
 * parent becomes the server and their exact wait status is known (Node itself waits only for what it spawned).
 * Invariant: waitpid is called for registered pids and the process groups of ended runtimes alone, never for Node's own
 * children.
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { libc } from "./libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const SAFETY_NET_INTERVAL_MS = 2_000;
/** How often a runtime's process group is looked at for helpers that outlived it. */
const GROUP_LOOKS_MAX = 20;

export interface WaitStatus {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** Adopts orphaned descendants from now on. Call `close` to stop listening for their ends. */
export class ChildReaper {
  readonly #waiting = new Map<number, (status: WaitStatus) => void>();
  readonly #groups = new Map<number, number>();
  readonly #status = Buffer.alloc(4);
  #safetyNet: NodeJS.Timeout | undefined;
  readonly #onChild = (): void => this.#sweep();

  constructor() {
    libc("prctl", [PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n]);
    process.on("SIGCHLD", this.#onChild);
  }

  /**
   * Resolves when `pid` has ended, a process that the ended process `runtime` left. Helpers of the runtime that outlive
   * it a little are collected too, or they would stay zombies.
   */
  wait(pid: number, runtime: number): Promise<WaitStatus> {
    return new Promise((resolve) => {
      this.#waiting.set(pid, resolve);
      this.#groups.set(runtime, GROUP_LOOKS_MAX);
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
    for (const [leader, looksLeft] of this.#groups) {
      const collected = this.#waitFor(-leader);
      if (collected > 0 || looksLeft === 1) this.#groups.delete(leader);
      else this.#groups.set(leader, looksLeft - 1);
    }
    for (const [pid, resolve] of this.#waiting) {
      const result = this.#waitFor(pid);
      // ECHILD while it exists: a helper of the runtime is still its parent for a moment.
      if (result === 0 || (result === -1 && existsSync(`/proc/${pid}`))) continue;
      this.#waiting.delete(pid);
      if (this.#waiting.size === 0) this.#stopSafetyNet();
      resolve(result === -1 ? { code: undefined, signal: undefined } : decode(this.#status.readInt32LE(0)));
    }
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
