/**
 * Whether the machine takes another start, and when: memory for each, and only so many starts at once. What becomes of whoever is refused is not known here.
 */
import { MEMORY_ESTIMATE_MB } from "./limits.ts";
import type { MemoryGate } from "./memory-gate.ts";
import type { StartSlots } from "./start-slots.ts";
import type { FunctionVersion } from "./types.ts";

/** Whose process is to be started. */
export interface StartNeeds {
  readonly version: Pick<FunctionVersion, "functionArn" | "memoryMb">;
  /** The most that was needed so far, MiB; 0 before the first measurement. */
  readonly peakMemoryMb: number;
  /** What the start takes of the start slots, as far as is known; one by default. */
  readonly startWeight?: number;
}

/** Resolves with the function to call when the start is over. Rejects with CapacityExceeded, or when `signal` aborts. */
export async function admit(
  { gate, slots }: { readonly gate: MemoryGate; readonly slots: StartSlots },
  needs: StartNeeds,
  signal: AbortSignal,
): Promise<() => void> {
  const { functionArn, memoryMb } = needs.version;
  // Only who really starts counts with an estimate: a burst that waits for slots takes no memory yet.
  const leaveSlot = await slots.enter(functionArn, signal, () => needs.startWeight ?? 1);
  try {
    const leaveGate = await gate.enter(
      functionArn,
      Math.min(memoryMb, needs.peakMemoryMb || MEMORY_ESTIMATE_MB),
      signal,
    );
    return () => {
      leaveGate();
      leaveSlot();
    };
  } catch (error) {
    leaveSlot();
    throw error;
  }
}
