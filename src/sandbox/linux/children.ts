/**
 * Waits for processes that an OCI runtime started and left behind: this process is made their sub-reaper, so their
 * parent becomes the server and their exact wait status is known (Node itself waits only for what it spawned).
 * Invariant: waitpid is called for registered pids alone, never for Node's own children.
 */
import { constants } from "node:os";
import { libc } from "./libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const SAFETY_NET_INTERVAL_MS = 2_000;

export interface WaitStatus {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** Adopts orphaned descendants from now on. Call `close` to stop listening for their ends. */
export class ChildReaper {
  readonly #waiting = new Map<number, (status: WaitStatus) => void>();
  #safetyNet: NodeJS.Timeout | undefined;
  readonly #onChild = (): void => this.#sweep();

  constructor() {
    libc("prctl", [PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n]);
    process.on("SIGCHLD", this.#onChild);
  }

  /** Resolves when the orphan `pid`, whose former parent has ended, ends too. */
  wait(pid: number): Promise<WaitStatus> {
    return new Promise((resolve) => {
      this.#waiting.set(pid, resolve);
      // Keeps Node running as a child process of its own would, and makes up for a signal that merged with another.
      this.#safetyNet ??= setInterval(this.#onChild, SAFETY_NET_INTERVAL_MS);
      this.#sweep();
    });
  }

  /**
   * Collects what has ended of a process group whose leader, a runtime, has ended: helpers it left behind would stay
   * zombies. The sandbox's own first process leads another group.
   */
  collectGroup(leader: number): void {
    const status = Buffer.alloc(4);
    while (libc("waitpid", [-leader, status, WNOHANG], ["ECHILD"]) > 0);
  }

  close(): void {
    process.off("SIGCHLD", this.#onChild);
    this.#stopSafetyNet();
  }

  #stopSafetyNet(): void {
    clearInterval(this.#safetyNet);
    this.#safetyNet = undefined;
  }

  #sweep(): void {
    const status = Buffer.alloc(4);
    for (const [pid, resolve] of this.#waiting) {
      // ECHILD: not ours after all (another sub-reaper stands between); it is gone for us.
      const result = libc("waitpid", [pid, status, WNOHANG], ["ECHILD"]);
      if (result === 0) continue;
      this.#waiting.delete(pid);
      if (this.#waiting.size === 0) this.#stopSafetyNet();
      resolve(result === -1 ? { code: undefined, signal: undefined } : decode(status.readInt32LE(0)));
    }
  }
}

function decode(status: number): WaitStatus {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: undefined };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { code: undefined, signal: name ?? `signal ${number}` };
}
