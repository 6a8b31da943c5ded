/** The pause between two looks of a command that follows something. */
import { setTimeout as wait } from "node:timers/promises";

/** Resolves after `delayMs`, or as soon as `signal` is aborted. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(delayMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
