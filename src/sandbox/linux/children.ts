/**
 * Waits for processes that Node did not spawn: OCI runtimes and what they start and leave behind. This process is made
 * the sub-reaper of its descendants, so the server becomes the parent of orphans and their exact wait status is known.
 * Invariant: waitpid is called for registered pids and for helpers that a runtime left alone, never for Node's own children.
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { libc } from "./libc.ts";
import { isZombie, readProc } from "./proc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const P_ALL = 0;
const WEXITED_NOHANG_NOWAIT = 4 | 1 | 0x0100_0000;
const INFORMATION_BYTES = 128;
const SI_PID_AT = 16;
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
  #helpers: { readonly after: number; readonly before: number; readonly name: string; looksLeft: number }[] = [];
  readonly #status = Buffer.alloc(4);
  #safetyNet: NodeJS.Timeout | undefined;
  readonly #onChild = (): void => this.#collect();
  readonly #information = Buffer.alloc(INFORMATION_BYTES);

  constructor() {
    libc("prctl", [PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n]);
    process.on("SIGCHLD", this.#onChild);
  }

  /** Resolves when `pid` has ended: a process that `spawnProgram` started, or that an ended one of those left. */
  wait(pid: number): Promise<WaitStatus> {
    return new Promise((resolve) => {
      this.#waiting.set(pid, resolve);
      // Keeps Node running as a child process of its own would, and makes up for a signal that merged with another.
      this.#safetyNet ??= setInterval(this.#onChild, SAFETY_NET_INTERVAL_MS);
      // It may have ended before.
      this.#look(pid, resolve);
    });
  }

  /** Collects what a runtime called `name` started between itself and `pid` and left, or it would stay a zombie. */
  collectHelpers(runtime: number, pid: number, name: string): void {
    this.#helpers.push({ after: runtime, before: pid, name, looksLeft: HELPER_LOOKS_MAX });
    this.#sweep();
  }

  close(): void {
    process.off("SIGCHLD", this.#onChild);
    this.#stopSafetyNet();
  }

  /** Those that have ended, as the kernel names them; with many children asking for each would cost more. */
  #collect(): void {
    // What a runtime leaves becomes our child without a word.
    while (this.#helpers.length === 0) {
      this.#information.fill(0);
      libc("waitid", [P_ALL, 0, this.#information, WEXITED_NOHANG_NOWAIT], ["ECHILD"]);
      const pid = this.#information.readInt32LE(SI_PID_AT);
      if (pid === 0) return;
      const resolve = this.#waiting.get(pid);
      if (resolve === undefined || !this.#look(pid, resolve)) break;
    }
    // Somebody else's child stands in front until they collect it.
    this.#sweep();
  }

  #sweep(): void {
    if (this.#helpers.length > 0) this.#lookForHelpers();
    for (const [pid, resolve] of this.#waiting) this.#look(pid, resolve);
  }

  /** True when the process has ended, which `resolve` is told. */
  #look(pid: number, resolve: (status: WaitStatus) => void): boolean {
    const result = this.#waitFor(pid);
    // ECHILD while it exists: a helper of the runtime is still its parent for a moment.
    if (result === 0 || (result === -1 && existsSync(`/proc/${pid}`))) return false;
    this.#waiting.delete(pid);
    if (this.#waiting.size === 0) this.#stopSafetyNet();
    resolve(result === -1 ? { code: undefined, signal: undefined } : decodeStatus(this.#status.readInt32LE(0)));
    return true;
  }

  #lookForHelpers(): void {
    const children = readProc(`/proc/self/task/${process.pid}/children`)?.split(" ").map(Number) ?? [];
    this.#helpers = this.#helpers.filter((runtime) => {
      const left = children.find((pid) => {
        const between = pid > runtime.after && pid < runtime.before;
        return between && !this.#waiting.has(pid) && isZombie(pid, runtime.name);
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

/** The status that waitpid gives, in words. */
export function decodeStatus(status: number): WaitStatus {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: undefined };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { code: undefined, signal: name ?? `signal ${number}` };
}
