/** Faults that wait for their point: the next operations there fail, are slow, or take the server with them. */
import type { FaultMode, FaultPoint } from "./plan.ts";

export interface Fault {
  readonly mode: FaultMode;
  readonly ms: number;
}

export class Faults {
  readonly #armed = new Map<FaultPoint, { readonly fault: Fault; left: number }[]>();

  arm(point: FaultPoint, fault: Fault, times: number): void {
    this.#armed.set(point, [...(this.#armed.get(point) ?? []), { fault, left: times }]);
  }

  /** The fault of the operation that reaches `point` now. */
  take(point: FaultPoint): Fault | undefined {
    const waiting = this.#armed.get(point);
    const first = waiting?.[0];
    if (waiting === undefined || first === undefined) return undefined;
    first.left -= 1;
    if (first.left === 0) waiting.shift();
    return first.fault;
  }

  clear(): void {
    this.#armed.clear();
  }
}
