/**
 * One environment ahead for a function whose traffic grows: where an invocation met none that was free though there were some,
 * and all are still busy a while later, another is initialised before the next caller needs it. One at a time for all
 * functions, with room only that nobody else needs. Knows no sandboxes; it ends as any other that is idle.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import type { Environment } from "./environment.ts";
import { WARM_AHEAD_QUIET_MS } from "./limits.ts";
import type { VersionPool } from "./version-pool.ts";

export interface WarmAheadOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** False while memory is short, or there are too many environments. */
  hasRoom(): boolean;
  /** Makes one, initialised, well or not. */
  start(pool: VersionPool): Promise<Environment>;
  end(environment: Environment): void;
}

export class WarmAhead implements Disposable {
  readonly #options: WarmAheadOptions;
  /** Pools whose traffic grew since the last look. */
  readonly #grown = new Set<VersionPool>();
  #timer: Timer | undefined;
  #making = false;
  #disposed = false;

  constructor(options: WarmAheadOptions) {
    this.#options = options;
  }

  /** An invocation found every environment of this pool busy, of which there is at least one. */
  grew(pool: VersionPool): void {
    if (this.#disposed) return;
    this.#grown.add(pool);
    this.#lookLater();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.cancel();
    this.#grown.clear();
  }

  /** Not while traffic grows: what is being started for callers comes first. */
  #lookLater(): void {
    if (this.#making) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(WARM_AHEAD_QUIET_MS, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const lacking = [...this.#grown].find(isAllBusy);
    if (lacking === undefined || !this.#options.hasRoom()) {
      this.#grown.clear();
      return;
    }
    this.#grown.delete(lacking);
    this.#making = true;
    void this.#make(lacking).finally(() => {
      this.#making = false;
      if (this.#grown.size > 0 && !this.#disposed) this.#lookLater();
    });
  }

  async #make(pool: VersionPool): Promise<void> {
    try {
      const environment = await this.#options.start(pool);
      // Whoever invokes next makes one that says what is wrong with its init.
      if (environment.state.kind === "broken" || this.#disposed) this.#options.end(environment);
      else environment.giveBack();
    } catch (error) {
      // Nobody waits for it: the next invocation meets the same obstacle and tells its caller.
      this.#options.log.debug("cannot make an environment ahead", { function: pool.version.functionArn, error });
    }
  }
}

function isAllBusy(pool: VersionPool): boolean {
  return !pool.retired && pool.idle.length === 0 && pool.all.size > 0 && [...pool.all].every(({ isFree }) => !isFree);
}
