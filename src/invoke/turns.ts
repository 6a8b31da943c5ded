/**
 * How many invocations of one function begin in one turn of the event loop. What arrives together from one function would
 * else run as one long turn, and everybody else's calls would wait for its end; so a function's others wait for the next
 * turns, and functions alternate. Whoever is alone never waits.
 */
import { TurnQueue } from "../base/index.ts";
import { BOUNDS } from "./limits.ts";

export class Turns {
  /** Invocations that have begun in this turn, by function. */
  readonly #begun = new Map<string, number>();
  readonly #waiting = new TurnQueue<() => void>();
  #scheduled = false;

  /** Undefined when the invocation may begin now, else resolves in the turn in which it may. */
  enter(functionArn: string): Promise<void> | undefined {
    const begun = this.#begun.get(functionArn) ?? 0;
    this.#awaitNextTurn();
    if (begun < BOUNDS.beginPerTurn) {
      this.#begun.set(functionArn, begun + 1);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.add(functionArn, resolve));
  }

  #awaitNextTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#begun.clear();
    for (const functionArn of this.#waiting.lanes()) {
      for (let begun = 1; begun <= BOUNDS.beginPerTurn; begun += 1) {
        const begin = this.#waiting.takeFrom(functionArn);
        if (begin === undefined) break;
        this.#begun.set(functionArn, begun);
        begin();
      }
    }
    if (this.#waiting.size > 0) this.#awaitNextTurn();
  }
}
