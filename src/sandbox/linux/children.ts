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
/** Ticks of the safety net for which the traces of one runtime are looked for: on a busy machine helpers end late. */
const HELPER_TICKS_MAX = 10;

export interface WaitStatus {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** Adopts orphaned descendants from now on. Call `close` to stop listening for their ends. */
export class ChildReaper {
  readonly #waiting = new Map<number, (status: WaitStatus) => void>();
  #helpers: { readonly after: number; readonly before: number; readonly name: string; ticksLeft: number }[] = [];
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
      this.#startSafetyNet();
      // It may have ended before.
      this.#look(pid, resolve);
    });
  }

  /** Collects what a runtime called `name` started between itself and `pid` and left, or it would stay a zombie. */
  collectHelpers(runtime: number, pid: number, name: string): void {
    this.#helpers.push({ after: runtime, before: pid, name, ticksLeft: HELPER_TICKS_MAX });
    this.#startSafetyNet();
    this.#sweep();
  }

  close(): void {
    process.off("SIGCHLD", this.#onChild);
    clearInterval(this.#safetyNet);
    this.#safetyNet = undefined;
  }

  #startSafetyNet(): void {
    this.#safetyNet ??= setInterval(() => {
      this.#collect();
      for (const runtime of this.#helpers) runtime.ticksLeft -= 1;
      this.#helpers = this.#helpers.filter(({ ticksLeft }) => ticksLeft > 0);
      this.#endSafetyNet();
    }, SAFETY_NET_INTERVAL_MS);
  }

  #endSafetyNet(): void {
    if (this.#waiting.size > 0 || this.#helpers.length > 0) return;
    clearInterval(this.#safetyNet);
    this.#safetyNet = undefined;
  }

  /** Those that have ended, as the kernel names them; with many children asking for each would cost more. */
  #collect(): void {
    for (;;) {
      this.#information.fill(0);
      libc("waitid", [P_ALL, 0, this.#information, WEXITED_NOHANG_NOWAIT], ["ECHILD"]);
      const pid = this.#information.readInt32LE(SI_PID_AT);
      if (pid === 0) return;
      const resolve = this.#waiting.get(pid);
      if (!(resolve === undefined ? this.#takeHelper(pid) : this.#look(pid, resolve))) break;
    }
    // Somebody else's child stands in front until they collect it.
    this.#sweep();
  }

  #sweep(): void {
    if (this.#helpers.length > 0) for (const pid of ownChildren()) this.#takeHelper(pid);
    for (const [pid, resolve] of this.#waiting) this.#look(pid, resolve);
  }

  /** True when the process has ended, which `resolve` is told. */
  #look(pid: number, resolve: (status: WaitStatus) => void): boolean {
    const result = this.#waitFor(pid);
    // ECHILD while it exists: a helper of the runtime is still its parent for a moment.
    if (result === 0 || (result === -1 && existsSync(`/proc/${pid}`))) return false;
    this.#waiting.delete(pid);
    this.#endSafetyNet();
    resolve(result === -1 ? { code: undefined, signal: undefined } : decodeStatus(this.#status.readInt32LE(0)));
    return true;
  }

  /** Collects `pid` if a runtime left it. Starts overlap, so whose it was is not known; that it was one's, is. */
  #takeHelper(pid: number): boolean {
    const isLeft = this.#helpers.some(
      ({ after, before, name }) => pid > after && pid < before && !this.#waiting.has(pid) && isZombie(pid, name),
    );
    return isLeft && this.#waitFor(pid) > 0;
  }

  #waitFor(pid: number): number {
    return libc("waitpid", [pid, this.#status, WNOHANG], ["ECHILD"]);
  }
}

function ownChildren(): readonly number[] {
  return readProc(`/proc/self/task/${process.pid}/children`)?.split(" ").map(Number) ?? [];
}

/** The status that waitpid gives, in words. */
export function decodeStatus(status: number): WaitStatus {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: undefined };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { code: undefined, signal: name ?? `signal ${number}` };
}
