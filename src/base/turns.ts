/**
 * How much work of one kind begins in one turn of the event loop. What arrives together would else run as one long turn, and
 * everybody else's calls would wait for its end; so the others of a kind wait for the next turns, and kinds alternate.
 * Whoever is alone never waits.
 */
import { TurnQueue } from "./turn-queue.ts";

export class Turns {
  /** Kinds of which some work has begun in this turn. */
  readonly #begun = new Set<string>();
  readonly #waiting = new TurnQueue<() => void>();
  #scheduled = false;

  /** Undefined when the work may begin now, else resolves in the turn in which it may. */
  enter(kind: string): Promise<void> | undefined {
    this.#awaitNextTurn();
    if (!this.#begun.has(kind)) {
      this.#begun.add(kind);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.add(kind, resolve));
  }

  #awaitNextTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#begun.clear();
    for (const kind of this.#waiting.lanes()) {
      this.#begun.add(kind);
      this.#waiting.takeFrom(kind)?.();
    }
    if (this.#waiting.size > 0) this.#awaitNextTurn();
  }
}
