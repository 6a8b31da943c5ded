/**
 * Tells when the kernel may have killed something for want of memory, for groups that do not tell themselves (v1). The kernel
 * counts such kills for the whole machine, so one look at that number stands for a look at every group, and groups are
 * asked only when it has grown. One timer for all, and none while nobody listens.
 */
import { openSync, readSync } from "node:fs";
import type { Clock, Timer } from "../../base/index.ts";
import { OOM_WATCH_INTERVAL_MS } from "../limits.ts";

export class OutOfMemoryWatch {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #timer: Timer | undefined;
  #kills: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `look` after each kill on this machine, until the timer that this returns is cancelled. */
  listen(look: () => void): Timer {
    this.#timer ??= this.#begin();
    this.#listeners.add(look);
    const cancel = (): void => void this.#listeners.delete(look);
    return { cancel, [Symbol.dispose]: cancel };
  }

  #begin(): Timer {
    this.#kills = killsOfMachine();
    return this.#next();
  }

  #next(): Timer {
    return this.#clock.schedule(OOM_WATCH_INTERVAL_MS, () => {
      const kills = killsOfMachine();
      if (kills === undefined || kills !== this.#kills) for (const look of this.#listeners) look();
      this.#kills = kills;
      this.#timer = this.#listeners.size === 0 ? undefined : this.#next();
    });
  }
}

/** Some 5 KB on every kernel so far. */
const counters = Buffer.alloc(32_768);
/** Opened once for the process, which must be able to look also when it may open no more files. */
let file: number | undefined;

/** Undefined where the kernel does not count: then every look may find something. */
function killsOfMachine(): string | undefined {
  file ??= openSync("/proc/vmstat", "r");
  let length = 0;
  for (let read = -1; read !== 0; length += read)
    read = readSync(file, counters, length, counters.length - length, length);
  return /^oom_kill (\d+)$/m.exec(counters.toString("latin1", 0, length))?.[1];
}
