/**
 * How much memory an environment has needed so far, in two figures: what it takes from this machine, by which capacity is
 * counted, and what it would have taken from a machine of its own, shared pages included, which is what REPORT tells.
 */
import type { SandboxUsage } from "../sandbox/index.ts";

export class MemoryFigures {
  #privateMb = 0;
  #reportedMb = 0;

  /** MiB that nobody else shares. */
  get privateMb(): number {
    return this.#privateMb;
  }

  /** MiB for `Max Memory Used`. */
  get reportedMb(): number {
    return this.#reportedMb;
  }

  /** Both only grow, up to what the function may have. */
  note(usage: SandboxUsage, limitMb: number): void {
    this.#privateMb = Math.max(this.#privateMb, Math.min(usage.peakMemoryMb, limitMb));
    this.#reportedMb = Math.max(this.#reportedMb, Math.min(Math.max(usage.peakMemoryMb, usage.residentMb), limitMb));
  }

  /** The function was ended because it needed more than `limitMb`. */
  exhausted(limitMb: number): void {
    this.#privateMb = limitMb;
    this.#reportedMb = limitMb;
  }
}
