/**
 * Processes made ahead of need, so that a cold start begins with a sandbox and an interpreter that are up. None until a
 * runtime is expected or used; then one, more while demand is recent, none after a long silence. Where they are forked they
 * cost next to nothing, so a server that has just been busy and now is not makes many, for the next burst. Replacements are
 * made a few at a time and only while no start is in progress, so that they never slow the start that needs the machine.
 */
import type { Clock, Log, Timer } from "../base/index.ts";
import {
  FORKED_SPARES_MAX,
  FORKED_SPARES_QUIET_MS,
  SPARE_DEMAND_WINDOW_MS,
  SPARE_FILLS_MAX,
  SPARE_IDLE_MS,
  SPARES_MAX,
  SPARES_PER_KEY_MAX,
} from "./limits.ts";
import type { LaunchPlan, RuntimeProcess } from "./runtime-process.ts";

export interface SparesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly perKeyMax?: number;
  readonly idleMs?: number;
  start(plan: LaunchPlan): Promise<RuntimeProcess>;
  /** False when what is being made ahead waits for something that a start at once does without. */
  comesSoon(plan: LaunchPlan): boolean;
  /** True where it is forked from a process that is up. */
  isForked(plan: LaunchPlan): boolean;
  /** False while memory is short. */
  mayStart(): boolean;
}

interface Shelf {
  plan: LaunchPlan;
  readonly spares: Spare[];
  /** Monotonic times of recent demand, oldest first; at most SPARES_PER_KEY_MAX. */
  demand: number[];
  usedMs: number;
}

interface Spare {
  readonly started: Promise<RuntimeProcess>;
  readonly sinceMs: number;
  isUp: boolean;
}

export class Spares {
  readonly #options: SparesOptions;
  readonly #perKeyMax: number;
  readonly #forkedMax: number;
  readonly #idleMs: number;
  readonly #shelves = new Map<string, Shelf>();
  #busyStarts = 0;
  #filling = 0;
  /** Monotonic, of the last start or of what announced one. */
  #busyMs = Number.NEGATIVE_INFINITY;
  #quiet: Timer | undefined;
  #disposed = false;

  constructor(options: SparesOptions) {
    this.#options = options;
    this.#perKeyMax = options.perKeyMax ?? SPARES_PER_KEY_MAX;
    this.#forkedMax = options.perKeyMax ?? FORKED_SPARES_MAX;
    this.#idleMs = options.idleMs ?? SPARE_IDLE_MS;
  }

  /** Number of processes made ahead. */
  get size(): number {
    let size = 0;
    for (const shelf of this.#shelves.values()) size += shelf.spares.length;
    return size;
  }

  /** The runtime will be needed soon. */
  expect(plan: LaunchPlan): void {
    this.#busyMs = this.#options.clock.monotonicMs();
    this.#shelf(plan).usedMs = this.#busyMs;
    this.#fill();
  }

  /**
   * A start that needs the machine begins; fill again when the returned function is called. To be called again when the start
   * has ended, if it was called before for its length: its demand may be known only since.
   */
  hold(): () => void {
    this.#busyStarts += 1;
    let held = true;
    return () => {
      if (held) this.#busyStarts -= 1;
      held = false;
      this.#busyMs = this.#options.clock.monotonicMs();
      this.#fill();
    };
  }

  /** A process of this plan, up or coming up; undefined when there is none, or a new one would be there sooner. Counts as demand either way. */
  take(plan: LaunchPlan): Promise<RuntimeProcess> | undefined {
    const now = this.#options.clock.monotonicMs();
    const shelf = this.#shelf(plan);
    shelf.usedMs = now;
    shelf.demand = [...shelf.demand.slice(1 - this.#perKeyMax), now];
    const [first] = shelf.spares;
    if (first === undefined || !(first.isUp || this.#options.comesSoon(plan))) return undefined;
    shelf.spares.shift();
    return first.started;
  }

  /** Epoch milliseconds since when each spare waits, for status. */
  list(): readonly { readonly runtime: string; readonly sinceMs: number }[] {
    return [...this.#shelves.values()].flatMap(({ plan, spares }) =>
      spares.map(({ sinceMs }) => ({ runtime: plan.runtime.name, sinceMs })),
    );
  }

  /** Ends what demand no longer justifies. */
  sweep(): void {
    const now = this.#options.clock.monotonicMs();
    for (const [key, shelf] of this.#shelves) {
      while (shelf.spares.length > this.#kept(shelf, now)) void this.#discard(shelf.spares.pop());
      if (now - shelf.usedMs > this.#idleMs) this.#shelves.delete(key);
    }
  }

  /** Ends one to make room; false when there is none. `onGone` is called when nothing of it is left. */
  giveUp(onGone: () => void): boolean {
    const shelves = [...this.#shelves.values()].filter(({ spares }) => spares.length > 0);
    const [stalest] = shelves.sort((a, b) => a.usedMs - b.usedMs);
    if (stalest === undefined) return false;
    void this.#discard(stalest.spares.pop()).then(onGone);
    return true;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#quiet?.cancel();
    const all = [...this.#shelves.values()].flatMap((shelf) => shelf.spares);
    this.#shelves.clear();
    await Promise.all(all.map((spare) => this.#discard(spare)));
  }

  #shelf(plan: LaunchPlan): Shelf {
    const known = this.#shelves.get(plan.key);
    if (known !== undefined) return known;
    const shelf: Shelf = { plan, spares: [], demand: [], usedMs: this.#options.clock.monotonicMs() };
    this.#shelves.set(plan.key, shelf);
    return shelf;
  }

  #wanted(shelf: Shelf, now: number): number {
    if (now - shelf.usedMs > this.#idleMs) return 0;
    const recent = shelf.demand.filter((time) => now - time < SPARE_DEMAND_WINDOW_MS).length;
    return Math.min(this.#perKeyMax, Math.max(1, recent));
  }

  /** The most that may wait: what is there already costs less than making it again. */
  #kept(shelf: Shelf, now: number): number {
    const wanted = this.#wanted(shelf, now);
    return wanted > 0 && this.#options.isForked(shelf.plan) ? Math.max(wanted, this.#forkedMax) : wanted;
  }

  /** Makes spares where the most recently used runtime lacks one; each that is made asks for the next. */
  #fill(): void {
    if (this.#filling >= SPARE_FILLS_MAX || this.#disposed || this.#busyStarts > 0 || !this.#options.mayStart()) return;
    const now = this.#options.clock.monotonicMs();
    const byUse = [...this.#shelves.values()].sort((a, b) => b.usedMs - a.usedMs);
    const lacking = byUse.find((shelf) => shelf.spares.length < this.#wanted(shelf, now)) ?? this.#forBurst(byUse, now);
    if (lacking === undefined || !this.#makeRoom(lacking, byUse)) return;
    this.#filling += 1;
    void this.#add(lacking).finally(() => {
      this.#filling -= 1;
      this.#fill();
    });
    this.#fill();
  }

  /** A runtime of which many may wait, once nothing has started for a moment; until then it is asked again. */
  #forBurst(byUse: readonly Shelf[], now: number): Shelf | undefined {
    const lacking = byUse.find((shelf) => shelf.spares.length < this.#kept(shelf, now));
    const leftMs = this.#busyMs + FORKED_SPARES_QUIET_MS - now;
    if (lacking === undefined || leftMs <= 0) return lacking;
    this.#quiet ??= this.#options.clock.schedule(leftMs, () => {
      this.#quiet = undefined;
      this.#fill();
    });
    return undefined;
  }

  /** False when all that wait were used later. Forked ones and others are counted apart, since their costs are. */
  #makeRoom(lacking: Shelf, byUse: readonly Shelf[]): boolean {
    const isForked = this.#options.isForked(lacking.plan);
    const alike = byUse.filter(({ plan }) => this.#options.isForked(plan) === isForked);
    const size = alike.reduce((sum, { spares }) => sum + spares.length, 0);
    if (size < (isForked ? FORKED_SPARES_MAX : SPARES_MAX)) return true;
    const stalest = alike.findLast((shelf) => shelf.spares.length > 0);
    if (stalest === undefined || stalest.usedMs >= lacking.usedMs) return false;
    void this.#discard(stalest.spares.pop());
    return true;
  }

  async #add(shelf: Shelf): Promise<void> {
    const started = this.#options.start(shelf.plan);
    const spare: Spare = { started, sinceMs: this.#options.clock.now(), isUp: false };
    shelf.spares.push(spare);
    const forget = (): void => {
      const index = shelf.spares.indexOf(spare);
      if (index !== -1) shelf.spares.splice(index, 1);
    };
    try {
      const process = await started;
      spare.isUp = true;
      // A waiting process that dies by itself must not be handed out.
      void process.sandbox.exited.then(forget);
    } catch (error) {
      forget();
      // The next start makes its own process and reports the error; trying again here would spin.
      shelf.usedMs = Number.NEGATIVE_INFINITY;
      this.#options.log.warn("cannot make a sandbox ahead of need", { runtime: shelf.plan.runtime.name, error });
    }
  }

  async #discard(spare: Spare | undefined): Promise<void> {
    try {
      const process = await spare?.started;
      await process?.end();
    } catch (error) {
      this.#options.log.debug("a spare sandbox did not end cleanly", { error });
    }
  }
}
