/**
 * Processes made ahead of need, so that a cold start begins with a sandbox and an interpreter that are up. None until a
 * runtime is expected or used; then one, more while demand is recent, none after a long silence. Replacements are made a few
 * at a time and only while no start is in progress, so that they never slow the start that needs the machine.
 */
import type { Clock, Log } from "../base/index.ts";
import { SPARE_DEMAND_WINDOW_MS, SPARE_FILLS_MAX, SPARE_IDLE_MS, SPARES_MAX, SPARES_PER_KEY_MAX } from "./limits.ts";
import type { LaunchPlan, RuntimeProcess } from "./runtime-process.ts";

export interface SparesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly perKeyMax?: number;
  readonly idleMs?: number;
  start(plan: LaunchPlan): Promise<RuntimeProcess>;
  /** False when what is being made ahead waits for something that a start at once does without. */
  comesSoon(plan: LaunchPlan): boolean;
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
  readonly #idleMs: number;
  readonly #shelves = new Map<string, Shelf>();
  #busyStarts = 0;
  #filling = 0;
  #disposed = false;

  constructor(options: SparesOptions) {
    this.#options = options;
    this.#perKeyMax = options.perKeyMax ?? SPARES_PER_KEY_MAX;
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
    this.#shelf(plan).usedMs = this.#options.clock.monotonicMs();
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
      while (shelf.spares.length > this.#wanted(shelf, now)) void this.#discard(shelf.spares.pop());
      if (now - shelf.usedMs > this.#idleMs) this.#shelves.delete(key);
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
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

  /** Makes spares where the most recently used runtime lacks one; each that is made asks for the next. */
  #fill(): void {
    if (this.#filling >= SPARE_FILLS_MAX || this.#disposed || this.#busyStarts > 0 || !this.#options.mayStart()) return;
    const now = this.#options.clock.monotonicMs();
    const byUse = [...this.#shelves.values()].sort((a, b) => b.usedMs - a.usedMs);
    const lacking = byUse.find((shelf) => shelf.spares.length < this.#wanted(shelf, now));
    if (lacking === undefined) return;
    if (this.size >= SPARES_MAX) {
      const stalest = byUse.findLast((shelf) => shelf.spares.length > 0);
      if (stalest === undefined || stalest.usedMs >= lacking.usedMs) return;
      void this.#discard(stalest.spares.pop());
    }
    this.#filling += 1;
    void this.#add(lacking).finally(() => {
      this.#filling -= 1;
      this.#fill();
    });
    this.#fill();
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
